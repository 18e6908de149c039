import type { ListMeta } from '@kubewright/apimachinery';
import { OversizeError } from './split-lines.ts';

const quote = 0x22;
const backslash = 0x5c;
const openBrace = 0x7b;
const closeBrace = 0x7d;
const openBracket = 0x5b;
const closeBracket = 0x5d;
const itemsKey = 'items';

/** The list could not be read: the answer was cut off, or is not a list. */
export class MalformedListError extends Error {
  override readonly name = 'MalformedListError';
  readonly code = 'MALFORMED_LIST';
}

/** What is beside the items of a list. */
export interface ListEnvelope {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata?: ListMeta;
}

/**
 * Reads a list while it streams: gives the bytes of one item after the other, and returns what stands beside the items.
 *
 * Guarantees: no more than one item and one chunk is held at a time; chunks may be cut anywhere.
 *
 * @throws MalformedListError when the text ends early or has no object at the top.
 * @throws OversizeError when one item, or all beside the items, is longer than `maxBytes`.
 */
export async function* readList(
  chunks: AsyncIterable<Uint8Array>,
  maxBytes: number,
): AsyncGenerator<Buffer, ListEnvelope, undefined> {
  const scanner = new ListScanner(maxBytes);
  for await (const chunk of chunks) {
    yield* scanner.push(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength));
  }
  return scanner.end();
}

/** Finds the items in the bytes. The bytes beside them are kept, with `[]` in the items' place. */
class ListScanner {
  readonly #maxBytes: number;
  /** Parts of the item that is being read. */
  #item: Buffer[] = [];
  #itemBytes = 0;
  /** All bytes outside the items. */
  readonly #envelope: Buffer[] = [];
  #envelopeBytes = 0;
  /** Open braces and brackets, strings excepted. */
  #depth = 0;
  #isInString = false;
  #isEscaped = false;
  /** The string that was read last at depth 1: a key when a colon follows. */
  #lastString = '';
  #stringParts: Buffer[] = [];
  /** True from the bracket that opens `items` to the one that closes it. */
  #isInItems = false;
  #hasEnded = false;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  *push(bytes: Buffer): Generator<Buffer, void, undefined> {
    // Where the part begins that belongs to the item or to the envelope and was not handed on yet.
    let start = 0;
    for (let at = 0; at < bytes.length; at++) {
      const byte = bytes[at];
      if (this.#isInString) {
        at = this.#skipString(bytes, at);
        continue;
      }
      switch (byte) {
        case quote:
          this.#isInString = true;
          if (this.#depth === 1) this.#stringParts = [];
          break;
        case openBrace:
        case openBracket:
          if (this.#isInItems && this.#depth === 2) start = at; // blanks and commas between items
          this.#depth++;
          if (
            !this.#isInItems &&
            this.#depth === 2 &&
            byte === openBracket &&
            this.#lastString === itemsKey
          ) {
            this.#isInItems = true;
            this.#addEnvelope(bytes.subarray(start, at + 1));
            start = at + 1;
          }
          break;
        case closeBrace:
        case closeBracket:
          this.#depth--;
          if (this.#isInItems && this.#depth === 2) {
            this.#addItem(bytes.subarray(start, at + 1));
            start = at + 1;
            yield this.#takeItem();
          } else if (this.#isInItems && this.#depth === 1) {
            this.#isInItems = false;
            this.#lastString = '';
            start = at;
          }
          if (this.#depth === 0) this.#hasEnded = true;
          break;
        default:
      }
    }
    const rest = bytes.subarray(start);
    if (!this.#isInItems) this.#addEnvelope(rest);
    else if (this.#depth > 2) this.#addItem(rest);
  }

  end(): ListEnvelope {
    if (!this.#hasEnded) throw new MalformedListError('the list ended before its last byte');
    const text = Buffer.concat(this.#envelope).toString('utf8');
    try {
      // Checked by the callers that need a field; a server's list has these.
      return JSON.parse(text) as ListEnvelope;
    } catch (error) {
      throw new MalformedListError('the list is not JSON', { cause: error });
    }
  }

  /** The offset of the last byte that was looked at; the string may go on in the next chunk. */
  #skipString(bytes: Buffer, from: number): number {
    let start = this.#isEscaped ? from + 1 : from;
    this.#isEscaped = false;
    const isKey = this.#depth === 1;
    for (;;) {
      const at = bytes.indexOf(quote, start);
      const end = at < 0 ? bytes.length : at;
      let slashes = 0;
      while (end - 1 - slashes >= start && bytes[end - 1 - slashes] === backslash) slashes++;
      if (isKey) this.#remember(bytes.subarray(start, end));
      if (at < 0) {
        this.#isEscaped = slashes % 2 === 1;
        return bytes.length;
      }
      if (slashes % 2 === 0) {
        this.#isInString = false;
        if (isKey) this.#lastString = Buffer.concat(this.#stringParts).toString('utf8');
        return at;
      }
      start = at + 1;
    }
  }

  /** Keeps the string only as far as it takes to tell that it is not `items`. */
  #remember(part: Buffer): void {
    const length = this.#stringParts.reduce((sum, { length: bytes }) => sum + bytes, 0);
    if (length <= itemsKey.length) this.#stringParts.push(part.subarray(0, itemsKey.length + 1));
  }

  #addItem(part: Buffer): void {
    this.#itemBytes += part.length;
    if (this.#itemBytes > this.#maxBytes) {
      throw new OversizeError(`an item is longer than ${this.#maxBytes} bytes`);
    }
    this.#item.push(part);
  }

  #takeItem(): Buffer {
    const [only] = this.#item;
    const item = this.#item.length === 1 && only !== undefined ? only : Buffer.concat(this.#item);
    this.#item = [];
    this.#itemBytes = 0;
    return item;
  }

  #addEnvelope(part: Buffer): void {
    this.#envelopeBytes += part.length;
    if (this.#envelopeBytes > this.#maxBytes) {
      throw new OversizeError(`a list has more than ${this.#maxBytes} bytes beside its items`);
    }
    this.#envelope.push(part);
  }
}
