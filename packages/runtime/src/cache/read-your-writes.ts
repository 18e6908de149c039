import type {
  KubernetesObject,
  NamespacedName,
  Resource,
  Status,
  Stored,
} from '@kubewright/apimachinery';
import type { Client } from '@kubewright/client';
import type { Cache } from './cache.ts';

/** What is done with each call of a client. */
export interface ClientBinding {
  /** Its informers show what the client writes at once. */
  readonly cache: Pick<Cache, 'observeWrite' | 'observeDeletion'>;
  /** Ends each call that is under way, and refuses further ones. Default: none. */
  readonly signal?: AbortSignal;
}

/** Where the options stand among the arguments of the calls that take a signal. */
const optionsIndex: Readonly<Partial<Record<string, number>>> = {
  get: 2,
  list: 1,
  listStream: 1,
  listAll: 1,
  watch: 1,
  create: 2,
  update: 2,
  updateStatus: 2,
  patch: 3,
  apply: 2,
  delete: 2,
  deleteAllOf: 1,
  getScale: 2,
  setScale: 3,
  evict: 1,
  raw: 0,
  rawJson: 0,
};

/** The calls whose answer is the object as it was written. */
const writes: ReadonlySet<string> = new Set(['create', 'update', 'updateStatus', 'patch', 'apply']);

type Method = (...args: unknown[]) => unknown;

/**
 * A view of a client whose writes are seen by the cache at once, so that the next reconcile does not decide on what
 * was before its own last one; with a signal, the view ends with it: nothing can be written through it afterwards.
 *
 * Guarantees: the client itself stays as it is; the answers and errors are its own.
 *
 * Caveats: a write of many objects (`deleteAllOf`) and of other kinds (`evict`, `setScale`) is seen when the watch tells.
 */
export function readYourWrites(client: Client, binding: ClientBinding): Client {
  return new Proxy(client, {
    get(target, property): unknown {
      const value: unknown = Reflect.get(target, property, target);
      if (typeof value !== 'function') return value;
      // A method of the client; its private fields want the client itself as `this`.
      const method = value.bind(target) as Method;
      const index = typeof property === 'string' ? optionsIndex[property] : undefined;
      if (index === undefined) return method;
      return boundMethod(method, String(property), index, target, binding);
    },
  });
}

function boundMethod(
  method: Method,
  name: string,
  index: number,
  client: Client,
  binding: ClientBinding,
): Method {
  return (...args) => {
    // Read by the table above; each of these calls takes an options object or nothing there.
    const options = (args[index] ?? {}) as { signal?: AbortSignal; dryRun?: boolean };
    const given = [...args];
    while (given.length < index) given.push(undefined);
    given[index] = { ...options, ...linkedSignal(options.signal, binding.signal) };
    const answer = method(...given);
    if (options.dryRun === true || !(answer instanceof Promise)) return answer;
    const [resource, second] = args as [Resource, unknown];
    if (writes.has(name)) return answer.then((object) => tellWrite(binding, resource, object));
    if (name !== 'delete') return answer;
    const reference = namespaced(client, resource, second as NamespacedName); // its second parameter
    return answer.then((gone) => tellDeletion(binding, resource, reference, gone));
  };
}

function linkedSignal(
  own: AbortSignal | undefined,
  bound: AbortSignal | undefined,
): { signal?: AbortSignal } {
  if (own === undefined || bound === undefined) {
    const signal = own ?? bound;
    return signal === undefined ? {} : { signal };
  }
  return { signal: AbortSignal.any([own, bound]) };
}

function tellWrite(binding: ClientBinding, resource: Resource, answer: unknown): unknown {
  if (isObjectOf(resource, answer)) binding.cache.observeWrite(resource, answer);
  return answer;
}

function tellDeletion(
  binding: ClientBinding,
  resource: Resource,
  reference: NamespacedName,
  answer: unknown,
): unknown {
  if (isObjectOf(resource, answer)) {
    if (isStillThere(answer)) binding.cache.observeWrite(resource, answer);
    else binding.cache.observeDeletion(resource, reference, answer.metadata.uid);
  } else {
    // The API documents the answer to be the object or a Status, which names the object that is gone.
    const uid = (answer as Status).details?.uid;
    if (uid !== undefined) binding.cache.observeDeletion(resource, reference, uid);
  }
  return answer;
}

/** The object goes on existing until its finalizers are removed or its grace time is over. */
function isStillThere({ metadata }: Stored<KubernetesObject>): boolean {
  return (
    metadata.deletionTimestamp !== undefined &&
    ((metadata.finalizers?.length ?? 0) > 0 || (metadata.deletionGracePeriodSeconds ?? 0) > 0)
  );
}

/** Some calls on subresources answer an object of another kind, such as a Scale or an Eviction. */
function isObjectOf(resource: Resource, answer: unknown): answer is Stored<KubernetesObject> {
  if (typeof answer !== 'object' || answer === null || !('kind' in answer)) return false;
  if (answer.kind !== resource.kind || !('metadata' in answer)) return false;
  const { metadata } = answer as { readonly metadata?: { readonly uid?: string } };
  return metadata?.uid !== undefined;
}

function namespaced(client: Client, resource: Resource, reference: NamespacedName): NamespacedName {
  return resource.scope === 'Cluster'
    ? { name: reference.name }
    : { name: reference.name, namespace: reference.namespace ?? client.namespace };
}
