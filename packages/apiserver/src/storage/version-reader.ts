import type { JsonObject, ResourceType } from '../contracts.ts';
import type { StoredRecord } from './stored-record.ts';

/** Objects that go to a webhook in one review. */
const BATCH = 500;

/**
 * Gives stored objects in the version of a request. Where a webhook converts them, they go to it together, before
 * they are read: so whoever reads can do so without waiting.
 */
export class VersionReader {
  readonly #type: ResourceType;
  /** What a webhook has made of the announced records, as JSON: each reader gets a fresh copy. */
  readonly #converted = new Map<StoredRecord, string>();

  constructor(type: ResourceType) {
    this.#type = type;
  }

  /**
   * Has these records converted, so that they can be read; those announced before are forgotten.
   *
   * @throws StatusError 500 when the webhook does not convert them
   */
  async announce(records: readonly StoredRecord[]): Promise<void> {
    const { conversion } = this.#type;
    if (conversion === undefined) return;
    this.#converted.clear();
    for (let start = 0; start < records.length; start += BATCH) {
      const batch = records.slice(start, start + BATCH);
      const objects = await conversion.fromStorage(batch.map((record) => record.object));
      for (const [index, record] of batch.entries()) {
        this.#converted.set(record, JSON.stringify(objects[index]));
      }
    }
  }

  /** A fresh copy of the object. @throws TypeError for a record that had to be announced */
  object(record: StoredRecord): JsonObject {
    const type = this.#type;
    // What a record holds is an object, also after its conversion.
    if (type.conversion !== undefined) return JSON.parse(this.#textOf(record)) as JsonObject;
    const stored = record.object;
    return type.fromStorage?.(stored) ?? stored;
  }

  /** The object as JSON. */
  bytes(record: StoredRecord): Uint8Array {
    if (this.#type.conversion !== undefined) return Buffer.from(this.#textOf(record));
    if (this.#type.fromStorage === undefined) return record.bytes;
    return Buffer.from(JSON.stringify(this.object(record)));
  }

  /** The value that a field selector asks for; those of the metadata can be read of any record. */
  field(record: StoredRecord, path: string): string | undefined {
    if (path === 'metadata.name') return record.name;
    if (path === 'metadata.namespace') return record.namespace;
    const fields =
      this.#type.conversion === undefined
        ? record.fieldsFor(this.#type)
        : record.fieldsOf(this.#type, this.object(record));
    return fields.get(path);
  }

  #textOf(record: StoredRecord): string {
    const text = this.#converted.get(record);
    if (text === undefined) throw new TypeError(`${record.orderKey} was not announced`);
    return text;
  }
}

/** One stored object in the version of the request. @throws StatusError 500 when a webhook does not convert it */
export async function readRecord(type: ResourceType, record: StoredRecord): Promise<JsonObject> {
  const reader = new VersionReader(type);
  await reader.announce([record]);
  return reader.object(record);
}

/** An object of the request's version as it is stored. @throws StatusError 500 when a webhook does not convert it */
export async function toStoredVersion(type: ResourceType, object: JsonObject): Promise<JsonObject> {
  if (type.conversion !== undefined) return type.conversion.toStorage(structuredClone(object));
  return type.toStorage === undefined ? object : type.toStorage(structuredClone(object));
}

/** What would be read of an object of the stored version, had it been stored. @throws StatusError 500 as above */
export async function fromStoredVersion(
  type: ResourceType,
  stored: JsonObject,
): Promise<JsonObject> {
  if (type.conversion === undefined) {
    return type.fromStorage?.(structuredClone(stored)) ?? stored;
  }
  const [converted = stored] = await type.conversion.fromStorage([structuredClone(stored)]);
  return converted;
}

/** A copy of an object of one version in another version of its kind. @throws StatusError 500 as above */
export async function convertVersion(
  from: ResourceType,
  to: ResourceType,
  object: JsonObject,
): Promise<JsonObject> {
  return fromStoredVersion(to, structuredClone(await toStoredVersion(from, object)));
}
