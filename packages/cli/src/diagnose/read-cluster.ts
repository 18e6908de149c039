import {
  ControllerRevision,
  CronJob,
  DaemonSet,
  Deployment,
  Event,
  HorizontalPodAutoscaler,
  isForbidden,
  isNotFound,
  Job,
  LimitRange,
  Node,
  PersistentVolume,
  PersistentVolumeClaim,
  Pod,
  ReplicaSet,
  ResourceQuota,
  StatefulSet,
  StorageClass,
  VolumeAttachment,
  groupResourceOf,
  type KubernetesObject,
  type Resource,
} from '@kubewright/apimachinery';
import type { Client } from '@kubewright/client';
import type { Snapshot } from '@kubewright/diagnosis';
import { CommandError } from '../command-error.ts';
import type { SubjectArgument } from './subject-argument.ts';

/** Something that would have helped and could not be read. */
export interface Unreadable {
  /** `nodes`, `events in the namespace shop`, `the log of pod/web, container app`. */
  readonly what: string;
  /** In the server's words. */
  readonly why: string;
}

/** What was read, and what was not. */
export interface ClusterReading {
  readonly snapshot: Snapshot;
  readonly unreadable: readonly Unreadable[];
}

/** What is read beside the pods; each is optional, and the diagnosis says less without it. */
const helpful: readonly Resource[] = [
  Event,
  ReplicaSet,
  Deployment,
  StatefulSet,
  DaemonSet,
  Job,
  CronJob,
  ControllerRevision,
  PersistentVolumeClaim,
  ResourceQuota,
  LimitRange,
  HorizontalPodAutoscaler,
  Node,
];

/** What is read besides where a pod waits for a volume of a storage system: it belongs to the whole cluster. */
const helpfulForVolumes: readonly Resource[] = [PersistentVolume, VolumeAttachment, StorageClass];

const storageSources = ['persistentVolumeClaim', 'ephemeral', 'csi'] as const;

/**
 * Reads what a diagnosis looks at: the pods of a namespace, or of all, with their Events, owners, claims, quotas and nodes,
 * and volumes where a pod waits for one. Only `list` is needed, Secrets are never read, and everything but the pods may be forbidden.
 *
 * @param namespace - undefined: all namespaces.
 * @param wanted - What was named: of pods that may not be listed, those named are read one by one.
 * @throws StatusError when the pods may not be read, TransportError when the cluster cannot be reached.
 */
export async function readCluster(
  client: Client,
  namespace: string | undefined,
  wanted: readonly SubjectArgument[],
  signal: AbortSignal,
): Promise<ClusterReading> {
  const unreadable: Unreadable[] = [];
  const read = async (resource: Resource): Promise<KubernetesObject[]> => {
    try {
      return await listAll(client, resource, namespace, signal);
    } catch (error) {
      // Also a kind that this cluster does not have: an old version, an API switched off.
      if (!isForbidden(error) && !isNotFound(error)) throw error;
      unreadable.push({
        what: placeOf(resource, namespace),
        why: error.status.message ?? error.message,
      });
      return [];
    }
  };
  const [pods, events, ...others] = await Promise.all([
    readPods(client, namespace, wanted, { signal, unreadable }),
    ...helpful.map(read),
  ]);
  const volumes = pods.some(mayWaitForVolume) ? await Promise.all(helpfulForVolumes.map(read)) : [];
  return {
    snapshot: {
      pods,
      events: (events ?? []) as Event[], // the first of what is helpful
      objects: [...others, ...volumes].flat(),
      now: new Date(),
    },
    unreadable: unreadable.sort((left, right) => (left.what < right.what ? -1 : 1)),
  };
}

function mayWaitForVolume({ spec, status }: Pod): boolean {
  return (
    status?.phase === 'Pending' &&
    (spec?.volumes ?? []).some((volume) =>
      storageSources.some((source) => volume[source] !== undefined),
    )
  );
}

async function readPods(
  client: Client,
  namespace: string | undefined,
  wanted: readonly SubjectArgument[],
  { signal, unreadable }: { readonly signal: AbortSignal; readonly unreadable: Unreadable[] },
): Promise<Pod[]> {
  try {
    return await listAll(client, Pod, namespace, signal);
  } catch (error) {
    const isOnlyPods = wanted.length > 0 && wanted.every(({ kind }) => kind === 'Pod');
    if (!isForbidden(error) || namespace === undefined || !isOnlyPods) throw error;
    unreadable.push({
      what: `other pods in the namespace ${namespace}`,
      why: error.status.message ?? error.message,
    });
  }
  return Promise.all(
    wanted.map(async ({ name }) => {
      try {
        return await client.get(Pod, { namespace, name }, { signal });
      } catch (error) {
        if (!isNotFound(error)) throw error;
        throw new CommandError(`Pod "${name}" was not found in the namespace ${namespace}`, {
          cause: error,
        });
      }
    }),
  );
}

async function listAll<T extends KubernetesObject>(
  client: Client,
  resource: Resource<T>,
  namespace: string | undefined,
  signal: AbortSignal,
): Promise<T[]> {
  const selection = resource.scope === 'Cluster' || namespace === undefined ? {} : { namespace };
  const found: T[] = [];
  const options = {
    ...selection,
    signal,
    // Who manages a field tells what a change of ours would run against.
    managedFields: isOwner(resource) ? 'keep' : 'drop',
  } as const;
  for await (const object of client.listAll(resource, options)) found.push(object);
  return found;
}

function isOwner({ kind }: Resource): boolean {
  return kind === 'Deployment' || kind === 'StatefulSet' || kind === 'DaemonSet';
}

function placeOf(resource: Resource, namespace: string | undefined): string {
  const name = groupResourceOf(resource);
  if (resource.scope === 'Cluster') return name;
  return namespace === undefined
    ? `${name} in all namespaces`
    : `${name} in the namespace ${namespace}`;
}
