import {
  deepEqual,
  isJsonObject,
  type JsonObject,
  type KubernetesObject,
} from '@kubewright/apimachinery';
import type * as z from 'zod';
import { CustomResourceError } from '../custom-resource-error.ts';
import type { StructuralSchema } from '../schema/structural-schema.ts';
import { readObject } from './read-object.ts';
import { rebase } from './rebase.ts';

/** Spec and status: what versions differ in. */
export interface VersionedParts {
  readonly spec?: unknown;
  readonly status?: unknown;
}

type VersionedObject = KubernetesObject & VersionedParts;

/** Between a version and the storage version, whatever their types. */
export interface VersionConversion {
  readonly toStorage: (object: VersionedObject) => VersionedParts;
  readonly fromStorage: (object: VersionedObject) => VersionedParts;
}

/** One version, as converting sees it. */
export interface ConvertibleVersion {
  readonly apiVersion: string;
  /** Of whole objects. */
  readonly schema: z.ZodType<VersionedObject>;
  /** Undefined for the storage version, and for that alone. */
  readonly converter: VersionConversion | undefined;
}

/** The versions of one resource. */
export interface ConversionSource {
  readonly group: string;
  readonly kind: string;
  /** With the storage version among them. */
  readonly versions: readonly ConvertibleVersion[];
  /** Schema of stored objects; tells which lists have keys. */
  readonly storageSchema: () => StructuralSchema;
}

/** Converts the objects of one resource between its versions, by way of the storage version. */
export class ObjectConversion {
  readonly #source: ConversionSource;
  readonly #storage: ConvertibleVersion;
  readonly #annotation: string;

  /** @throws TypeError when all versions have a converter. */
  constructor(source: ConversionSource) {
    const storage = source.versions.find(({ converter }) => converter === undefined);
    if (storage === undefined) throw new TypeError(`${source.kind} has no storage version`);
    this.#source = source;
    this.#storage = storage;
    this.#annotation = `${source.group}/stored-as`;
  }

  /**
   * A new object; the one given is not changed.
   *
   * @throws CustomResourceError `NOT_CONVERTIBLE` that names the object and each fault with its path.
   */
  convert(object: KubernetesObject, apiVersion: string): KubernetesObject {
    const from = object.apiVersion ?? '';
    const attempt = `convert ${nameOf(object)} from ${from} to ${apiVersion}`;
    const source = this.#find(from, attempt);
    const target = this.#find(apiVersion, attempt);
    if (source === target) return object;
    return this.#fromStorage(target, this.#toStorage(source, object, attempt), attempt);
  }

  #toStorage(
    source: ConvertibleVersion,
    object: KubernetesObject,
    attempt: string,
  ): VersionedObject {
    const { plain, annotation } = this.#splitAnnotation(object);
    const read = readObject(source.schema, plain, attempt);
    if (source.converter === undefined) return read;
    const told = this.#inStorage(source, read, attempt);
    const whole = this.#readAnnotation(annotation, told, attempt);
    if (whole === undefined) return told;
    try {
      const before = this.#inStorage(source, this.#inVersion(source, whole, attempt), attempt);
      const merged = rebase(
        jsonOf(whole),
        jsonOf(before),
        jsonOf(told),
        this.#source.storageSchema(),
      );
      const candidate = this.#read(
        this.#storage,
        told,
        isJsonObject(merged) ? merged : {},
        attempt,
      );
      // What the writer said in this version counts, whatever was kept beside it.
      const shown = this.#inVersion(source, candidate, attempt);
      return sameParts(shown, read) ? candidate : told;
    } catch {
      // What was kept came with a request: whatever is wrong with it, the request itself can be answered.
      return told;
    }
  }

  #fromStorage(
    target: ConvertibleVersion,
    stored: VersionedObject,
    attempt: string,
  ): VersionedObject {
    if (target.converter === undefined) return stored;
    const shown = this.#inVersion(target, stored, attempt);
    if (sameParts(this.#inStorage(target, shown, attempt), stored)) return shown;
    const annotations = {
      ...shown.metadata.annotations,
      [this.#annotation]: JSON.stringify(partsOf(stored)),
    };
    return { ...shown, metadata: { ...shown.metadata, annotations } };
  }

  /** An object of the storage version, told in another. */
  #inVersion(
    version: ConvertibleVersion,
    stored: VersionedObject,
    attempt: string,
  ): VersionedObject {
    return this.#read(version, stored, version.converter?.fromStorage(stored) ?? stored, attempt);
  }

  /** An object of another version, told in the storage version. */
  #inStorage(
    version: ConvertibleVersion,
    object: VersionedObject,
    attempt: string,
  ): VersionedObject {
    const parts = version.converter?.toStorage(object) ?? object;
    return this.#read(this.#storage, object, parts, attempt);
  }

  /** The object of a version that has the metadata of one object and the parts given. */
  #read(
    { apiVersion, schema }: ConvertibleVersion,
    { spec: _spec, status: _status, ...rest }: VersionedObject,
    { spec, status }: VersionedParts,
    attempt: string,
  ): VersionedObject {
    const object = {
      ...rest,
      apiVersion,
      ...(spec === undefined ? {} : { spec }),
      ...(status === undefined ? {} : { status }),
    };
    return readObject(schema, object, attempt);
  }

  #splitAnnotation({ metadata, ...rest }: KubernetesObject): {
    readonly plain: KubernetesObject;
    readonly annotation: string | undefined;
  } {
    const { annotations = {}, ...others } = metadata;
    const { [this.#annotation]: annotation, ...kept } = annotations;
    if (annotation === undefined) return { plain: { ...rest, metadata }, annotation };
    const plain = Object.keys(kept).length === 0 ? others : { ...others, annotations: kept };
    return { plain: { ...rest, metadata: plain }, annotation };
  }

  /** What the annotation holds, as a stored object; undefined when it holds none: anyone may write annotations. */
  #readAnnotation(
    annotation: string | undefined,
    told: VersionedObject,
    attempt: string,
  ): VersionedObject | undefined {
    if (annotation === undefined) return undefined;
    try {
      const parts: unknown = JSON.parse(annotation);
      return isJsonObject(parts) ? this.#read(this.#storage, told, parts, attempt) : undefined;
    } catch {
      return undefined;
    }
  }

  #find(apiVersion: string, attempt: string): ConvertibleVersion {
    const { kind, versions } = this.#source;
    const version = versions.find((each) => each.apiVersion === apiVersion);
    if (version !== undefined) return version;
    const known = versions.map((each) => each.apiVersion).join(', ');
    throw new CustomResourceError(
      'NOT_CONVERTIBLE',
      attempt,
      `${kind} has no such version, only ${known}`,
    );
  }
}

function partsOf({ spec, status }: VersionedParts): VersionedParts {
  return { spec, status };
}

function sameParts(one: VersionedParts, other: VersionedParts): boolean {
  return deepEqual(partsOf(one), partsOf(other));
}

/** The parts as plain JSON, without members that are undefined. */
function jsonOf(object: VersionedParts): JsonObject {
  // Safe: what JSON.parse answers is JSON.
  return JSON.parse(JSON.stringify(partsOf(object))) as JsonObject;
}

function nameOf({ kind, metadata: { namespace, name } }: KubernetesObject): string {
  return `${kind ?? 'object'} ${[namespace, name].filter((part) => part !== undefined).join('/')}`;
}
