import type { JsonObject } from '../contracts.ts';
import { badRequest } from '../status.ts';
import type { PodTarget } from './node-backend.ts';

interface NamedContainer {
  readonly name: string;
}

interface PodSpec {
  readonly nodeName?: string;
  readonly containers?: readonly NamedContainer[];
  readonly initContainers?: readonly NamedContainer[];
  readonly ephemeralContainers?: readonly NamedContainer[];
}

interface ContainerStatus extends NamedContainer {
  readonly state?: { readonly running?: unknown };
}

interface PodStatus {
  readonly containerStatuses?: readonly ContainerStatus[];
  readonly initContainerStatuses?: readonly ContainerStatus[];
  readonly ephemeralContainerStatuses?: readonly ContainerStatus[];
}

function specOf(pod: JsonObject): PodSpec {
  // A stored pod has been decoded by its schema.
  return (pod['spec'] ?? {}) as PodSpec;
}

/** Where a stored pod lives and who it is. */
export function podTargetOf(pod: JsonObject): PodTarget {
  // Stored objects have metadata.
  const { namespace, name, uid } = pod['metadata'] as {
    namespace: string;
    name: string;
    uid: string;
  };
  return { namespace, pod: name, uid };
}

/** The node a pod is bound to; undefined before it is scheduled. */
export function nodeOf(pod: JsonObject): string | undefined {
  return specOf(pod).nodeName || undefined;
}

/**
 * The container that a request means: the one it names, or the only one.
 *
 * @throws StatusError 400 when it must name one, or names one that the pod does not have
 */
export function containerOf(pod: JsonObject, asked: string | null): string {
  const { containers = [], initContainers = [], ephemeralContainers = [] } = specOf(pod);
  const name = podTargetOf(pod).pod;
  const all = [...initContainers, ...containers, ...ephemeralContainers].map(
    (container) => container.name,
  );
  if (asked !== null && asked !== '') {
    if (!all.includes(asked)) throw badRequest(`container ${asked} is not valid for pod ${name}`);
    return asked;
  }
  const [only] = containers;
  if (containers.length === 1 && only !== undefined) return only.name;
  throw badRequest(
    `a container name must be specified for pod ${name}, choose one of: [${all.join(' ')}]`,
  );
}

/** Whether the pod's status says that a container runs. */
export function isRunning(pod: JsonObject, container: string): boolean {
  const status = (pod['status'] ?? {}) as PodStatus;
  return [
    ...(status.containerStatuses ?? []),
    ...(status.initContainerStatuses ?? []),
    ...(status.ephemeralContainerStatuses ?? []),
  ].some(({ name, state }) => name === container && state?.running !== undefined);
}
