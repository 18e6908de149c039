import { keyOf, type KubernetesObject, type Stored } from '@kubewright/apimachinery';
import { CacheError } from './cache-error.ts';
import { SecondaryIndex, type IndexFunction } from './secondary-index.ts';

/**
 * Objects by key, with a list per namespace and further indexes that are kept up to date with each change.
 *
 * Guarantees: nothing is copied; a deleted object is referred to from nowhere in here.
 */
export class ObjectStore<T extends KubernetesObject> {
  readonly #onError: (error: unknown) => void;
  readonly #objects = new Map<string, Stored<T>>();
  /** Invariant: each holds exactly the keys of `#objects`, under the values of the present object. */
  readonly #indexes = new Map<string, SecondaryIndex<Stored<T>>>();
  readonly #functions = new Map<string, IndexFunction<Stored<T>>>();
  readonly #byNamespace: SecondaryIndex<Stored<T>>;

  /** @param onError hears of index functions that throw */
  constructor(onError: (error: unknown) => void) {
    this.#onError = onError;
    this.#byNamespace = new SecondaryIndex(
      (object) => (object.metadata.namespace === undefined ? [] : [object.metadata.namespace]),
      onError,
    );
  }

  get size(): number {
    return this.#objects.size;
  }

  get(key: string): Stored<T> | undefined {
    return this.#objects.get(key);
  }

  keys(): Iterable<string> {
    return this.#objects.keys();
  }

  values(): Iterable<Stored<T>> {
    return this.#objects.values();
  }

  /** The keys of a namespace. */
  keysInNamespace(namespace: string): Iterable<string> {
    return this.#byNamespace.keys(namespace);
  }

  /**
   * The keys that an index files under a value.
   *
   * @throws CacheError (`UNKNOWN_INDEX`)
   */
  keysByIndex(name: string, value: string): Iterable<string> {
    const index = this.#indexes.get(name);
    if (index === undefined) {
      const known = [...this.#indexes.keys()].join(', ') || 'none';
      throw new CacheError('UNKNOWN_INDEX', `no index "${name}"; there is: ${known}`);
    }
    return index.keys(value);
  }

  /**
   * Adds an index and files what is there. Adding the same function under the same name again changes nothing.
   *
   * @throws CacheError (`INDEX_TAKEN`)
   */
  addIndex(name: string, valuesOf: IndexFunction<Stored<T>>): void {
    const other = this.#functions.get(name);
    if (other === valuesOf) return;
    if (other !== undefined) {
      throw new CacheError('INDEX_TAKEN', `index "${name}" exists with another function`);
    }
    const index = new SecondaryIndex(valuesOf, this.#onError);
    for (const [key, object] of this.#objects) index.set(key, object);
    this.#functions.set(name, valuesOf);
    this.#indexes.set(name, index);
  }

  /** Puts an object in the place of what had its key. */
  set(object: Stored<T>): void {
    const key = keyOf(object);
    this.#objects.set(key, object);
    this.#byNamespace.set(key, object);
    for (const index of this.#indexes.values()) index.set(key, object);
  }

  delete(key: string): void {
    if (!this.#objects.delete(key)) return;
    this.#byNamespace.delete(key);
    for (const index of this.#indexes.values()) index.delete(key);
  }
}
