import type { JsonObject, ResourceType } from '../contracts.ts';

const decoder = new TextDecoder();

/** Namespace and name of an object as one sort key, in the order of the real server's database. */
export function storageOrderKey(namespace: string | undefined, name: string): string {
  return namespace === undefined || namespace === '' ? name : `${namespace}/${name}`;
}

/**
 * One version of one stored object. Immutable: its bytes are serialized once and shared by every reader, list and
 * watcher; the parsed object is made anew at each read, so no reader can change what is stored.
 */
export class StoredRecord {
  readonly storageKey: string;
  readonly namespace: string | undefined;
  readonly name: string;
  readonly uid: string;
  /** The global revision of the commit that made this version. */
  readonly revision: number;
  /** The JSON text, UTF-8, in the stored version; `kind` and `apiVersion` come first. */
  readonly bytes: Uint8Array;
  /** Length of `{"kind":…,"apiVersion":…,`: lists of built-in kinds leave these two out of their items. */
  readonly typePrefixBytes: number;
  /** `metadata.labels`, for selectors, without parsing. */
  readonly labels: Readonly<Record<string, string>>;
  readonly orderKey: string;
  /** Selectable fields by resource type, computed at the first selection that needs them. */
  readonly #fields = new Map<ResourceType, ReadonlyMap<string, string>>();

  constructor(storageKey: string, object: JsonObject, revision: number) {
    // The write path has set the metadata of each object that gets here.
    const metadata = object['metadata'] as JsonObject;
    this.storageKey = storageKey;
    this.namespace = metadata['namespace'] as string | undefined;
    this.name = metadata['name'] as string;
    this.uid = metadata['uid'] as string;
    this.revision = revision;
    this.labels = { ...(metadata['labels'] as Record<string, string> | undefined) };
    const {
      kind,
      apiVersion,
      metadata: _,
      ...rest
    } = object as {
      kind: unknown;
      apiVersion: unknown;
      metadata: unknown;
    };
    this.bytes = Buffer.from(JSON.stringify({ kind, apiVersion, metadata, ...rest }));
    this.typePrefixBytes = Buffer.byteLength(JSON.stringify({ kind, apiVersion }));
    this.orderKey = storageOrderKey(this.namespace, this.name);
  }

  /** A fresh copy of the object. */
  get object(): JsonObject {
    // What was stored is always an object.
    return JSON.parse(decoder.decode(this.bytes)) as JsonObject;
  }

  /** The values that a field selector of this type can ask for, beside those of the metadata. */
  fieldsFor(type: ResourceType): ReadonlyMap<string, string> {
    let fields = this.#fields.get(type);
    if (fields === undefined) {
      const hasAny = type.selectableFields.size > 0;
      const stored = hasAny ? this.object : {};
      fields = this.fieldsOf(type, hasAny ? (type.fromStorage?.(stored) ?? stored) : stored);
      this.#fields.set(type, fields);
    }
    return fields;
  }

  /** The same of this record's object in the version of the type, which somebody else has converted. */
  fieldsOf(type: ResourceType, object: JsonObject): ReadonlyMap<string, string> {
    return new Map([...type.selectableFields].map(([path, read]) => [path, read(object)]));
  }
}
