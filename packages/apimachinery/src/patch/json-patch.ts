import { deepEqual } from '../deep-equal.ts';
import { getOwn, isJsonObject, setOwn, type JsonObject, type JsonValue } from '../json-value.ts';
import { formatJsonPointer, parseJsonPointer } from './json-pointer.ts';
import { refuseDeepPatch } from './patch-depth.ts';
import { PatchError } from './patch-error.ts';

/** One operation of a JSON patch (RFC 6902). */
export type JsonPatchOperation =
  | { readonly op: 'add' | 'replace' | 'test'; readonly path: string; readonly value: unknown }
  | { readonly op: 'remove'; readonly path: string }
  | { readonly op: 'move' | 'copy'; readonly from: string; readonly path: string };

/** Bounds and dialect of {@link applyJsonPatch}. */
export interface JsonPatchOptions {
  /**
   * `rfc6902` is the standard to the letter. `api-server` is what an API server makes of it: `replace` also adds a member,
   * `copy` of an absent member and an absent `value` give null, `test` for null passes when the member is absent, an index
   * may be negative (counted from the end) or begin with zeros, and only `replace` and `test` take the empty path. Default `rfc6902`.
   */
  readonly dialect?: 'rfc6902' | 'api-server';
  /** Most operations of one patch. Default 10,000, as in an API server. */
  readonly maxOperations?: number;
  /** Most bytes that all `copy` operations together may make, as JSON. Default 3 MiB, as in an API server. */
  readonly maxCopyBytes?: number;
}

/**
 * The document after a JSON patch. Pure: neither document nor patch is changed, and the result shares nothing with them.
 * Either all operations are applied or an error is thrown.
 *
 * @throws PatchError with every code.
 */
export function applyJsonPatch(
  document: unknown,
  operations: readonly JsonPatchOperation[],
  options: JsonPatchOptions = {},
): unknown {
  const { maxOperations = 10_000, maxCopyBytes = 3 * 1024 * 1024 } = options;
  // A patch comes from the network: its type is a claim.
  const claimed: unknown = operations;
  if (!Array.isArray(claimed)) {
    throw new PatchError('INVALID_PATCH', 'a JSON patch is an array of operations');
  }
  if (operations.length > maxOperations) {
    throw new PatchError(
      'PATCH_TOO_LARGE',
      `The allowed maximum operations in a JSON patch is ${maxOperations}, got ${operations.length}`,
    );
  }
  refuseDeepPatch(operations);
  refuseDeepPatch(document);
  const patched = new PatchedDocument(
    cloneJson(document),
    options.dialect === 'api-server',
    maxCopyBytes,
  );
  operations.forEach((operation, index) => {
    try {
      patched.apply(operation);
    } catch (error) {
      if (!(error instanceof PatchError)) throw error;
      throw new PatchError(error.code, `JSON patch operation ${index}: ${error.message}`);
    }
  });
  return patched.root;
}

class PatchedDocument {
  /** Owned by this instance alone: every value is cloned on its way in. */
  root: JsonValue;
  readonly #lenient: boolean;
  /** What `copy` may still make, in bytes. */
  #copyBytesLeft: number;

  constructor(root: JsonValue, lenient: boolean, maxCopyBytes: number) {
    this.root = root;
    this.#lenient = lenient;
    this.#copyBytesLeft = maxCopyBytes;
  }

  apply(operation: JsonPatchOperation): void {
    const claimed: unknown = operation;
    if (!isJsonObject(claimed)) throw new PatchError('INVALID_PATCH', 'not an object');
    const path = this.#pointer(operation.path, 'path');
    switch (operation.op) {
      case 'add':
        this.#add(path, this.#valueOf(operation));
        break;
      case 'replace':
        this.#replace(path, this.#valueOf(operation));
        break;
      case 'remove':
        this.#remove(path);
        break;
      case 'test':
        this.#test(path, this.#valueOf(operation));
        break;
      case 'move':
        this.#move(this.#pointer(operation.from, 'from'), path);
        break;
      case 'copy':
        this.#copy(this.#pointer(operation.from, 'from'), path);
        break;
      default:
        throw new PatchError('INVALID_PATCH', `unknown op ${JSON.stringify(claimed['op'])}`);
    }
  }

  #pointer(pointer: unknown, member: string): string[] {
    if (typeof pointer !== 'string')
      throw new PatchError('INVALID_PATCH', `"${member}" is missing`);
    return parseJsonPointer(pointer);
  }

  #valueOf(operation: { readonly value: unknown }): JsonValue {
    if (operation.value === undefined && !this.#lenient) {
      throw new PatchError('INVALID_PATCH', '"value" is missing');
    }
    return cloneJson(operation.value ?? null);
  }

  #add(path: string[], value: JsonValue): void {
    const place = this.#placeOf(path);
    if (place === undefined) {
      if (this.#lenient) throw notFound(path);
      this.root = value;
    } else if (Array.isArray(place.parent)) {
      const { parent, key } = place;
      const index = key === '-' ? parent.length : this.#index(key, parent.length + 1, path);
      parent.splice(index, 0, value);
    } else {
      setOwn(place.parent, place.key, value);
    }
  }

  #replace(path: string[], value: JsonValue): void {
    const place = this.#placeOf(path);
    if (place === undefined) this.root = value;
    else if (Array.isArray(place.parent)) {
      place.parent[this.#index(place.key, place.parent.length, path)] = value;
    } else {
      if (!this.#lenient && !Object.hasOwn(place.parent, place.key)) throw notFound(path);
      setOwn(place.parent, place.key, value);
    }
  }

  #remove(path: string[]): JsonValue {
    const place = this.#placeOf(path);
    if (place === undefined) {
      throw new PatchError('INVALID_PATCH', 'the whole document cannot be removed');
    }
    const { parent, key } = place;
    if (Array.isArray(parent)) {
      // The index is within the array, so exactly one element comes out.
      return parent.splice(this.#index(key, parent.length, path), 1)[0] ?? null;
    }
    const value = getOwn(parent, key);
    if (value === undefined) throw notFound(path);
    // The token comes from the patch and only own members were found.
    Reflect.deleteProperty(parent, key);
    return value;
  }

  #test(path: string[], expected: JsonValue): void {
    const actual = this.#get(path);
    if (actual === undefined && !this.#lenient) throw notFound(path);
    if (!deepEqual(actual ?? null, expected)) {
      throw new PatchError('TEST_FAILED', `test failed: another value at ${quote(path)}`);
    }
  }

  #move(from: string[], path: string[]): void {
    const isWithin = path.length > from.length && from.every((token, at) => token === path[at]);
    if (isWithin) {
      throw new PatchError('INVALID_PATCH', `${quote(from)} cannot be moved into itself`);
    }
    if (from.length === 0) {
      if (this.#lenient) throw notFound(from);
      return;
    }
    this.#add(path, this.#remove(from));
  }

  #copy(from: string[], path: string[]): void {
    const value = this.#get(from) ?? (this.#lenient ? null : undefined);
    if (value === undefined) throw notFound(from);
    this.#copyBytesLeft -= JSON.stringify(value).length;
    if (this.#copyBytesLeft < 0) {
      throw new PatchError(
        'PATCH_TOO_LARGE',
        'the copy operations of the patch make too many bytes',
      );
    }
    this.#add(path, cloneJson(value));
  }

  /** The value, or undefined when the last token names no member; a missing parent is an error. */
  #get(path: string[]): JsonValue | undefined {
    const place = this.#placeOf(path);
    if (place === undefined) return this.root;
    return Array.isArray(place.parent)
      ? place.parent[this.#index(place.key, place.parent.length, path)]
      : getOwn(place.parent, place.key);
  }

  /** Where the last token points into; undefined for the whole document. */
  #placeOf(path: string[]): { parent: JsonObject | JsonValue[]; key: string } | undefined {
    const key = path.at(-1);
    if (key === undefined) return undefined;
    let parent: JsonValue | undefined = this.root;
    for (const token of path.slice(0, -1)) {
      if (Array.isArray(parent)) parent = parent[this.#index(token, parent.length, path)];
      else if (isJsonObject(parent)) parent = getOwn(parent, token);
      else throw notFound(path);
    }
    if (!Array.isArray(parent) && !isJsonObject(parent)) throw notFound(path);
    return { parent, key };
  }

  #index(token: string, length: number, path: string[]): number {
    const form = this.#lenient ? /^[-+]?\d+$/ : /^(0|[1-9]\d*)$/;
    const number = form.test(token) ? Number(token) : NaN;
    const index = number < 0 ? number + length : number;
    if (!(index >= 0 && index < length)) throw notFound(path);
    return index;
  }
}

/** A copy that shares nothing; the depth was checked by the caller. `undefined` members vanish, as in JSON. */
function cloneJson(value: unknown): JsonValue {
  if (Array.isArray(value)) return value.map(cloneJson);
  if (isJsonObject(value)) {
    const copy: JsonObject = {};
    for (const [key, member] of Object.entries(value)) {
      // Safe to compare: an object of TypeScript may have members that are undefined.
      if ((member as unknown) !== undefined) setOwn(copy, key, cloneJson(member));
    }
    return copy;
  }
  // Safe: what is neither array nor object is a JSON scalar, or was never JSON.
  return (value ?? null) as JsonValue;
}

function notFound(path: readonly string[]): PatchError {
  return new PatchError('PATH_NOT_FOUND', `nothing at ${quote(path)}`);
}

function quote(path: readonly string[]): string {
  return JSON.stringify(formatJsonPointer(path));
}
