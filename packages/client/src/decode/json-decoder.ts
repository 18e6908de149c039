import {
  isJsonObject,
  StatusError,
  type JsonObject,
  type KubernetesObject,
  type ListMeta,
  type Resource,
  type Stored,
} from '@kubewright/apimachinery';
import { DecodeError } from './decode-error.ts';
import {
  defaultMaxObjectBytes,
  type Decoder,
  type DecoderOptions,
  type ListStream,
} from './decoder.ts';
import { inPieces } from './in-pieces.ts';
import { openBrace } from './json-bytes.ts';
import { textOf, textWithout } from './json-text.ts';
import { LineSplitter } from './line-splitter.ts';
import { ListSplitter } from './list-splitter.ts';
import { ValueScanner, type ByteRange } from './value-scanner.ts';
import type { Bookmark, WatchEvent } from './watch-event.ts';

/** Reads JSON. See {@link Decoder}. */
export class JsonDecoder<T extends KubernetesObject> implements Decoder<T> {
  readonly #resource: Resource<T>;
  readonly #dropsManagedFields: boolean;
  readonly #maxBytes: number;
  readonly #attempt: string | undefined;
  readonly #objectScanner = new ValueScanner(['metadata', 'managedFields']);
  readonly #eventScanner = new ValueScanner(['object', 'metadata', 'managedFields']);

  constructor(resource: Resource<T>, options: DecoderOptions) {
    this.#resource = resource;
    this.#dropsManagedFields = options.managedFields === 'drop';
    this.#maxBytes = options.maxObjectBytes ?? defaultMaxObjectBytes;
    this.#attempt = options.attempt;
  }

  object(bytes: Uint8Array): Stored<T> {
    return this.#named(() => this.#complete(this.#parse(bytes, this.#objectScanner)));
  }

  list(body: AsyncIterable<Uint8Array>): ListStream<T> {
    const metadata: ListMeta = {};
    return { metadata, items: this.#items(body, metadata) };
  }

  async *events(body: AsyncIterable<Uint8Array>): AsyncGenerator<WatchEvent<T>, void> {
    const lines = new LineSplitter(this.#maxBytes);
    for await (const chunk of body) {
      // Lines are handed on one by one, so that those before a malformed one still arrive.
      const complete = lines.push(chunk);
      for (;;) {
        const line = this.#named(() => complete.next());
        if (line.done === true) break;
        yield this.#named(() => this.#event(line.value));
      }
    }
    const rest = lines.rest();
    if (rest.byteLength > 0) {
      throw this.#error(new DecodeError('TRUNCATED', 'the watch ended in the middle of an event'));
    }
  }

  async *#items(
    body: AsyncIterable<Uint8Array>,
    metadata: ListMeta,
  ): AsyncGenerator<Stored<T>, void> {
    let decoded: Stored<T>[] = [];
    const splitter = new ListSplitter(this.#maxBytes, (item, range, isUnsure) => {
      decoded.push(this.#item(this.#parseCut(item, range, isUnsure)));
    });
    for await (const chunk of inPieces(body)) {
      let failure: { readonly error: unknown } | undefined;
      try {
        splitter.push(chunk);
      } catch (error) {
        failure = { error };
      }
      yield* decoded;
      decoded = [];
      if (failure !== undefined) throw this.#error(failure.error);
    }
    const envelope = this.#named(() => splitter.envelope());
    if (!isJsonObject(envelope)) throw this.#malformed('the list is not a JSON object');
    yield* this.#remainingItems(envelope);
    if (isJsonObject(envelope['metadata'])) Object.assign(metadata, envelope['metadata']);
  }

  /** Items that the splitter did not recognize, because their name was written with escapes. */
  #remainingItems(envelope: JsonObject): Stored<T>[] {
    const items = envelope['items'];
    // Servers written in Go send null for an empty list.
    if (items === null) return [];
    if (!Array.isArray(items))
      throw this.#malformed(`a list was expected, not ${describe(envelope)}`);
    return items.map((item) => {
      if (!isJsonObject(item)) throw this.#malformed('an item of the list is not an object');
      return this.#item(this.#withoutManagedFields(item));
    });
  }

  #event(line: Uint8Array): WatchEvent<T> {
    const event = this.#parse(line, this.#eventScanner);
    const { type, object } = event;
    if (!isJsonObject(object))
      throw new DecodeError('MALFORMED', `a watch event without object: ${quote(line)}`);
    switch (type) {
      case 'ADDED':
      case 'MODIFIED':
      case 'DELETED':
        return { type, object: this.#complete(this.#withoutManagedFields(object)) };
      case 'BOOKMARK':
        if (!hasResourceVersion(object)) {
          throw new DecodeError('MALFORMED', `a bookmark without resourceVersion: ${quote(line)}`);
        }
        return { type, object };
      case 'ERROR':
        // The API promises a Status here, all of whose fields are optional.
        throw new StatusError(
          object,
          this.#attempt === undefined ? undefined : { attempt: this.#attempt },
        );
      default:
        throw new DecodeError('MALFORMED', `a watch event of unknown type: ${quote(line)}`);
    }
  }

  /** Parses the bytes of an object, without the member that the scanner looks for. */
  #parse(bytes: Uint8Array, scanner: ValueScanner): JsonObject {
    if (!this.#dropsManagedFields || bytes[0] !== openBrace)
      return parseObject(textOf(bytes), bytes);
    scanner.reset();
    scanner.scan(bytes, 0, bytes.byteLength, true);
    return this.#parseCut(bytes, scanner.range, scanner.isUnsure);
  }

  #parseCut(bytes: Uint8Array, range: ByteRange | undefined, isUnsure: boolean): JsonObject {
    if (!this.#dropsManagedFields) return parseObject(textOf(bytes), bytes);
    const text = range === undefined || isUnsure ? textOf(bytes) : textWithout(bytes, range);
    return this.#withoutManagedFields(parseObject(text, bytes));
  }

  /** For what the cut cannot see, such as names written with escapes; almost never has anything to do. */
  #withoutManagedFields(object: JsonObject): JsonObject {
    const metadata = object['metadata'];
    if (!this.#dropsManagedFields || !isJsonObject(metadata) || !('managedFields' in metadata)) {
      return object;
    }
    const { managedFields: _dropped, ...kept } = metadata;
    return { ...object, metadata: kept };
  }

  /** Checks what all objects have. */
  #complete(object: JsonObject): Stored<T> {
    if (!isJsonObject(object['metadata'])) {
      throw new DecodeError(
        'MALFORMED',
        `an object with metadata was expected, not ${describe(object)}`,
      );
    }
    // The server vouches for the rest: objects are not validated against their schema a second time.
    return object as unknown as Stored<T>;
  }

  /** Adds `apiVersion` and `kind`, which the items of a typed list lack. */
  #item(item: JsonObject): Stored<T> {
    if (typeof item['kind'] === 'string' && typeof item['apiVersion'] === 'string') {
      return this.#complete(item);
    }
    const { kind, apiVersion } = this.#resource;
    return this.#complete({ kind, apiVersion, ...item });
  }

  #named<R>(work: () => R): R {
    try {
      return work();
    } catch (error) {
      throw this.#error(error);
    }
  }

  #malformed(text: string): unknown {
    return this.#error(new DecodeError('MALFORMED', text));
  }

  #error(error: unknown): unknown {
    return error instanceof DecodeError && this.#attempt !== undefined
      ? error.during(this.#attempt)
      : error;
  }
}

function parseObject(text: string, bytes: Uint8Array): JsonObject {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new DecodeError('MALFORMED', `not JSON: ${quote(bytes)}`, { cause });
  }
  if (!isJsonObject(value)) throw new DecodeError('MALFORMED', `not an object: ${quote(bytes)}`);
  return value;
}

function hasResourceVersion(object: JsonObject): object is JsonObject & Bookmark {
  const metadata = object['metadata'];
  return isJsonObject(metadata) && typeof metadata['resourceVersion'] === 'string';
}

function describe(object: JsonObject): string {
  const kind = object['kind'];
  return typeof kind === 'string' ? `a ${kind}` : 'something without kind';
}

function quote(bytes: Uint8Array): string {
  const start = textOf(bytes, 0, Math.min(bytes.byteLength, 100));
  return JSON.stringify(bytes.byteLength > 100 ? `${start}…` : start);
}
