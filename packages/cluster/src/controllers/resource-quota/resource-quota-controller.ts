import {
  ConfigMap,
  deepEqual,
  groupResourceOf,
  isNotFound,
  PersistentVolumeClaim,
  Pod,
  ReplicationController,
  ResourceQuota,
  Secret,
  Service,
  type KubernetesObject,
  type Resource,
  type Stored,
} from '@kubewright/apimachinery';
import { countedKinds, recount } from '@kubewright/apiserver';
import {
  createController,
  done,
  requeueAfter,
  type Controller,
  type ControllerHost,
  type ReconcileContext,
  type Result,
} from '@kubewright/runtime';
import { discoverResources } from '../../discovery/discover-resources.ts';
import { unlessMoot } from '../ownership/moot.ts';
import { deletedObjects, releasingChanges } from './released-objects.ts';

/** Time between full recounts, in milliseconds. As in the field's quota controller. */
const resyncMs = 300_000;

/** Verbs of a kind whose objects can come and go. */
const verbs = ['create', 'list', 'watch', 'delete'];
/** The kinds that have names of their own in quotas; all others are looked up when a quota counts them. */
const usualKinds: readonly Resource[] = [
  ConfigMap,
  PersistentVolumeClaim,
  Pod,
  ReplicationController,
  ResourceQuota,
  Secret,
  Service,
];

type Calls = Pick<ReconcileContext, 'client' | 'signal'>;

/**
 * Puts the limits of each ResourceQuota in force, and counts anew what is used of it when something was given back. What
 * is taken, the API server charges itself.
 *
 * Guarantees: never tells less than is charged. The quota is read before the objects and written only if nothing was
 * charged to it since.
 */
export function createResourceQuotaController(host: ControllerHost): Controller {
  return createController(host, {
    name: 'resourcequota',
    for: ResourceQuota,
    watches: [...releasingChanges(host), deletedObjects(host)],
    concurrency: 5,
    resyncMs,
    reconcile: (request, context) =>
      unlessMoot(async () => {
        const { client, signal } = context;
        // From the server, and before its objects: a cache may not know yet what was charged, or what for.
        const quota = await client.get(ResourceQuota, request, { signal });
        return refresh(quota, context);
      }),
  });
}

async function refresh(quota: Stored<ResourceQuota>, { client, signal }: Calls): Promise<Result> {
  const { namespace } = quota.metadata;
  const objects = new Map<string, readonly KubernetesObject[]>();
  for (const resource of await countedResources(quota, { client, signal })) {
    const listed = await listAll(client, resource, namespace, signal);
    objects.set(groupResourceOf(resource), listed);
  }
  const hard = quota.spec?.hard ?? {};
  const status = { hard, used: recount(quota, objects, Date.now()) };
  if (deepEqual(quota.status, status)) return done();
  await client.updateStatus(ResourceQuota, { ...quota, status }, { signal });
  // What was made while these limits were not in force yet was charged to nobody: a second look finds it.
  return deepEqual(quota.status?.hard, hard) ? done() : requeueAfter(1);
}

/** The kinds whose objects the quota counts; a kind that the server does not have stays without a word about its use. */
async function countedResources(
  quota: Stored<ResourceQuota>,
  { client, signal }: Calls,
): Promise<readonly Resource[]> {
  const isUsual = Object.keys(quota.spec?.hard ?? {}).every((name) => !name.startsWith('count/'));
  const all = isUsual ? usualKinds : await discoverResources(client, verbs, signal);
  const counted = new Set(countedKinds(quota, all.map(groupResourceOf)));
  return all.filter(
    (resource) => resource.scope === 'Namespaced' && counted.has(groupResourceOf(resource)),
  );
}

async function listAll(
  client: Calls['client'],
  resource: Resource,
  namespace: string | undefined,
  signal: AbortSignal,
): Promise<readonly KubernetesObject[]> {
  try {
    const { items } = await client.list(resource, { namespace, signal });
    return items;
  } catch (error) {
    // The kind went away with its definition.
    if (isNotFound(error)) return [];
    throw error;
  }
}
