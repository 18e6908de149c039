import { isConflict } from '@kubewright/apimachinery';
import type {
  KubernetesObject,
  NamespacedName,
  Resource,
  Status,
  Stored,
} from '@kubewright/apimachinery';
import type { ApplyOptions, Client, Patch, WriteOptions } from '@kubewright/client';
import type { NoopCheck, Write, WriteContent } from './noop-writes.ts';
import type { ClientBinding } from './read-your-writes.ts';

/** What is done with each call of a client within one reconcile. */
export interface BoundClientOptions extends ClientBinding {
  /** Finds the writes that need not be sent. Default: all are sent. */
  readonly noops?: NoopCheck;
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
  updateScale: 2,
  patchScale: 3,
  evict: 1,
  logs: 1,
  logText: 1,
  exec: 1,
  attach: 1,
  portForward: 2,
  raw: 0,
  rawJson: 0,
};

/** The calls that answer how objects of a resource are, which is their first argument. */
const reads: ReadonlySet<string> = new Set([
  'get',
  'list',
  'listStream',
  'listAll',
  'watch',
  'getScale',
]);

/** The calls that may answer anything. */
const rawCalls: ReadonlySet<string> = new Set(['raw', 'rawJson']);

/** The calls whose answer is the object as it was written. */
const writes: ReadonlySet<string> = new Set(['create', 'update', 'updateStatus', 'patch', 'apply']);

type Method = (...args: unknown[]) => unknown;

/**
 * A view of a client for one reconcile: its calls end with the signal, its writes are seen by the cache at once, and those that
 * would change nothing are not sent. See `readYourWrites`.
 */
export function bindClient(client: Client, binding: BoundClientOptions): Client {
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
  binding: BoundClientOptions,
): Method {
  return (...args) => {
    // Read by the table above; each of these calls takes an options object or nothing there.
    const options = (args[index] ?? {}) as { signal?: AbortSignal; dryRun?: boolean };
    const signal = linkedSignal(options.signal, binding.signal);
    const given = [...args];
    while (given.length < index) given.push(undefined);
    given[index] = { ...options, ...(signal === undefined ? {} : { signal }) };
    const [resource, second] = args as [Resource, unknown];
    if (reads.has(name)) binding.noops?.looked(resource);
    if (rawCalls.has(name)) binding.noops?.looked();
    if (options.dryRun === true) return method(...given);
    if (writes.has(name)) {
      const write = comparableWrite(client, name, args);
      // Once aborted, the call says so.
      if (write !== undefined && signal?.aborted !== true) {
        const unchanged = binding.noops?.unchangedBy(write);
        if (unchanged !== undefined) return Promise.resolve(unchanged);
      }
      return told(method(...given), resource, write, binding);
    }
    const answer = method(...given);
    if (name !== 'delete' || !(answer instanceof Promise)) return answer;
    const reference = namespaced(client, resource, second as NamespacedName); // its second parameter
    return answer.then((gone) => tellDeletion(binding, resource, reference, gone));
  };
}

function linkedSignal(
  own: AbortSignal | undefined,
  bound: AbortSignal | undefined,
): AbortSignal | undefined {
  return own === undefined || bound === undefined ? (own ?? bound) : AbortSignal.any([own, bound]);
}

/** A call of one of the writing methods that may turn out to change nothing; undefined for others. */
function comparableWrite(client: Client, name: string, args: unknown[]): Write | undefined {
  const content = contentOf(name, args);
  if (content === undefined) return undefined;
  // The signatures of the client's methods: the resource comes first, then a reference or an object with metadata.
  const [resource, second] = args as [Resource, NamespacedName | KubernetesObject];
  const options = optionsOf(name, args);
  const subresource = name === 'updateStatus' ? 'status' : options.subresource;
  if (subresource !== undefined && subresource !== 'status') return undefined;
  const named = 'metadata' in second ? second.metadata : second;
  if (!named.name) return undefined;
  const namespace = named.namespace || options.namespace;
  const reference = namespaced(client, resource, { name: named.name, namespace });
  return { ...content, resource, reference, subresource };
}

function contentOf(name: string, args: unknown[]): WriteContent | undefined {
  // As above; an apply configuration is an object of which parts are missing.
  const [, second, third] = args as [unknown, KubernetesObject, Patch | undefined];
  switch (name) {
    case 'update':
    case 'updateStatus':
      return { verb: 'update', object: second };
    case 'patch':
      return third === undefined ? undefined : { verb: 'patch', patch: third };
    case 'apply':
      return { verb: 'apply', configuration: second, options: optionsOf(name, args) };
    default:
      return undefined;
  }
}

function optionsOf(name: string, args: unknown[]): WriteOptions & ApplyOptions {
  return args[optionsIndex[name] ?? args.length] ?? {}; // by the table above
}

/** Passes on the answer to a write, once the cache and the check of further writes know what it says. */
async function told(
  answer: unknown,
  resource: Resource,
  write: Write | undefined,
  binding: BoundClientOptions,
): Promise<unknown> {
  let object: unknown;
  try {
    object = await answer;
  } catch (error) {
    // The server is further than the cache.
    if (isConflict(error)) binding.noops?.looked(resource);
    throw error;
  }
  if (isObjectOf(resource, object)) {
    binding.cache.observeWrite(resource, object);
    if (write?.verb === 'apply') binding.noops?.applied(write, object);
  }
  return object;
}

function tellDeletion(
  binding: BoundClientOptions,
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
    : { name: reference.name, namespace: reference.namespace || client.namespace };
}
