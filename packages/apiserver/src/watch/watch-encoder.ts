import type { JsonObject } from '../contracts.ts';
import { partialMetadata, servesStoredBytes, tableOf } from '../handler/presentation.ts';
import { selects, type ReadOptions } from '../handler/read-options.ts';
import type { Operation } from '../handler/services.ts';
import { VersionReader } from '../storage/version-reader.ts';
import type { LogEntry } from '../storage/event-log.ts';
import type { StoredRecord } from '../storage/stored-record.ts';

type EventType = LogEntry['type'];

const CLOSING = Buffer.from('}\n');

/** Turns changes into the lines of one watch, by its selectors and the look its client asked for. */
export class WatchEncoder {
  readonly #operation: Operation;
  readonly #options: ReadOptions;
  readonly #reader: VersionReader;
  /** Tables: the column definitions were sent. */
  #columnsSent = false;

  constructor(operation: Operation, options: ReadOptions) {
    this.#operation = operation;
    this.#options = options;
    this.#reader = new VersionReader(operation.type);
  }

  /**
   * Has what is told next converted, where a webhook does that; to be awaited before {@link changes} and {@link initial}.
   *
   * @throws StatusError 500 when the webhook does not
   */
  async announce(records: readonly StoredRecord[]): Promise<void> {
    await this.#reader.announce(records);
  }

  /** The lines for these changes, as one buffer; undefined when none concerns the watch. */
  changes(entries: readonly LogEntry[]): Uint8Array | undefined {
    const pieces = entries.flatMap((entry) => this.#change(entry));
    return pieces.length === 0 ? undefined : Buffer.concat(pieces);
  }

  /** The lines that tell what is there already. */
  initial(records: readonly StoredRecord[]): Uint8Array {
    return Buffer.concat(
      records
        .filter((record) => selects(this.#options, this.#reader, record))
        .flatMap((record) => this.#line('ADDED', record)),
    );
  }

  /** A line that tells only how far the watch has got. */
  bookmark(revision: number, endsInitialEvents: boolean): Uint8Array {
    const { type, format } = this.#operation;
    const apiVersion = type.group === '' ? type.version : `${type.group}/${type.version}`;
    const metadata = {
      resourceVersion: String(revision),
      ...(endsInitialEvents ? { annotations: { 'k8s.io/initial-events-end': 'true' } } : {}),
    };
    const object = { kind: type.kind, apiVersion, metadata };
    return this.#encode(
      'BOOKMARK',
      format.as === 'object'
        ? object
        : format.as === 'metadata'
          ? partialMetadata(object)
          : this.#table(object),
    );
  }

  /** A line that ends the watch with a refusal. */
  error(status: JsonObject): Uint8Array {
    return this.#encode('ERROR', status);
  }

  #change(entry: LogEntry): Uint8Array[] {
    const { type } = this.#operation;
    const { record, previous } = entry;
    const { namespace } = this.#operation.info;
    if (type.scope === 'Namespaced' && namespace !== '' && record.namespace !== namespace)
      return [];
    const was = previous !== undefined && selects(this.#options, this.#reader, previous);
    const is = entry.type !== 'DELETED' && selects(this.#options, this.#reader, record);
    if (is) return this.#line(was ? 'MODIFIED' : 'ADDED', record);
    if (!was) return [];
    if (entry.type === 'DELETED') return this.#line('DELETED', record);
    // It left the selection: told as a deletion of what the client knows, under the revision of the change.
    const object = this.#reader.object(previous);
    (object['metadata'] as JsonObject)['resourceVersion'] = String(entry.revision);
    return [this.#encode('DELETED', this.#present(object))];
  }

  #line(eventType: EventType, record: StoredRecord): Uint8Array[] {
    const { type, format } = this.#operation;
    if (servesStoredBytes(type, format.as)) {
      return [Buffer.from(`{"type":"${eventType}","object":`), record.bytes, CLOSING];
    }
    if (format.as === 'object') {
      return [Buffer.from(`{"type":"${eventType}","object":`), this.#reader.bytes(record), CLOSING];
    }
    return [this.#encode(eventType, this.#present(this.#reader.object(record)))];
  }

  #present(object: JsonObject): JsonObject {
    switch (this.#operation.format.as) {
      case 'object':
        return object;
      case 'metadata':
        return partialMetadata(object);
      case 'table':
        return this.#table(object);
    }
  }

  #table(object: JsonObject): JsonObject {
    const withColumns = !this.#columnsSent;
    this.#columnsSent = true;
    const { resourceVersion } = object['metadata'] as JsonObject;
    return tableOf(
      this.#operation,
      [object],
      { resourceVersion: resourceVersion as unknown },
      withColumns,
    );
  }

  #encode(eventType: string, object: JsonObject): Uint8Array {
    return Buffer.from(`${JSON.stringify({ type: eventType, object })}\n`);
  }
}
