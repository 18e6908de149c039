import { setTimeout as pause } from 'node:timers/promises';
import {
  CronJob,
  isAlreadyExists,
  isConditionTrue,
  isConflict,
  isNotFound,
  Lease,
  PersistentVolumeClaim,
  Pod,
  Secret,
  Service,
  StatefulSet,
  type DeepReadonly,
  type Stored,
} from '@kubewright/apimachinery';
import type { Client } from '@kubewright/client';
import { DatabaseCluster, type DatabaseClusterSpec } from '@kubewright/database-cluster';

/** Where the databases are. */
export const namespace = 'default';
/** Where the operator is. */
export const system = 'database-cluster-system';

const managed = { 'app.kubernetes.io/managed-by': 'database-cluster' };
/** The identity of the data in the claims. */
const systemIdentifier = '7';

/** The databases: one that stays, one filled from backups, one with data from before, one that wants less some day, and one that goes. */
const databases: Readonly<Record<string, Partial<DatabaseClusterSpec>>> = {
  stays: { backup: { schedule: '@daily' } },
  copy: { restore: { cluster: 'earlier' } },
  heir: {},
  less: { network: { externalAccess: true }, backup: { schedule: '@daily' } },
  goes: { reclaimPolicy: 'Delete' },
};

/** Makes the databases, claims that earlier ones left behind, and a pod of `goes` that no StatefulSet owns. */
export async function makeDatabases(client: Client): Promise<void> {
  await client.create(PersistentVolumeClaim, earlierClaim('earlier-backups', {}));
  await client.create(
    PersistentVolumeClaim,
    earlierClaim('data-heir-0', {
      'example.com/cluster-uid': 'earlier',
      'example.com/was-primary': 'true',
      'example.com/system-identifier': systemIdentifier,
    }),
  );
  await client.create(Pod, {
    metadata: {
      name: 'goes-9',
      namespace,
      labels: { ...managed, 'example.com/cluster': 'goes' },
    },
    spec: { containers: [{ name: 'postgres', image: 'postgres' }] },
  });
  const annotations = { 'example.com/adopt-claims': 'true' };
  for (const [name, spec] of Object.entries(databases)) {
    await client.create(
      DatabaseCluster.resource,
      DatabaseCluster.create({
        metadata: { name, namespace, annotations },
        spec: { replicas: 1, version: '15', storage: { size: '1Gi' }, ...spec },
      }),
    );
  }
}

function earlierClaim(
  name: string,
  annotations: Readonly<Record<string, string>>,
): PersistentVolumeClaim {
  const labels = { ...managed, 'example.com/cluster': name.replace(/^data-|-0$/g, '') };
  return {
    metadata: { name, namespace, labels, annotations: { ...annotations } },
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
  };
}

/**
 * Plays the controllers, the node and the agents; the user who wants less of one database and none of another when they work;
 * and somebody who deletes the certificates of the webhook.
 */
export async function playBeside(client: Client, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      await playStatefulSets(client);
      await playClaims(client);
      await playPods(client);
      await playAgents(client);
      await playUser(client);
      await playMischief(client);
    } catch (error) {
      // Something changed or went meanwhile: the next look sees it.
      if (!isConflict(error) && !isNotFound(error)) throw error;
    }
    await pause(10, undefined, { signal }).catch(() => undefined);
  }
}

async function playStatefulSets(client: Client): Promise<void> {
  const [{ items: sets }, { items: pods }] = await Promise.all([
    client.list(StatefulSet, { namespace }),
    client.list(Pod, { namespace }),
  ]);
  for (const { metadata, spec } of sets) {
    const name = `${metadata.name}-0`;
    if (spec === undefined || pods.some((pod) => pod.metadata.name === name)) continue;
    for (const { metadata: named, spec: claim } of spec.volumeClaimTemplates ?? []) {
      const { labels, annotations } = named;
      const claimName = `data-${name}`;
      await client
        .create(PersistentVolumeClaim, {
          metadata: { name: claimName, namespace, labels, annotations },
          spec: claim,
        })
        .catch((error: unknown) => {
          if (!isAlreadyExists(error)) throw error;
        });
    }
    const { metadata: template, spec: pod } = spec.template;
    const volume = { name: 'data', emptyDir: {} };
    await client.create(Pod, {
      metadata: { name, namespace, labels: template?.labels },
      spec: {
        ...pod,
        containers: pod?.containers ?? [],
        volumes: [...(pod?.volumes ?? []), volume],
      },
    });
  }
}

/** Claims that nobody uses any more are let go. */
async function playClaims(client: Client): Promise<void> {
  const { items } = await client.list(PersistentVolumeClaim, { namespace });
  for (const { metadata } of items) {
    const { name, deletionTimestamp, finalizers } = metadata;
    if (deletionTimestamp === undefined || finalizers === undefined) continue;
    const body = { metadata: { finalizers: null } };
    await client.patch(PersistentVolumeClaim, { namespace, name }, { type: 'merge', body });
  }
}

async function playPods(client: Client): Promise<void> {
  const { items } = await client.list(Pod, { namespace });
  for (const { metadata, spec, status } of items) {
    if (spec === undefined) continue;
    if (isConditionTrue(status?.conditions, 'Ready')) continue;
    const running = ({ name }: { readonly name: string }): object => ({
      name,
      image: 'x',
      imageID: 'x',
      ready: true,
      restartCount: 0,
      state: { running: {} },
    });
    const played = {
      phase: 'Running',
      conditions: [{ type: 'Ready', status: 'True' }],
      initContainerStatuses: spec.initContainers?.map(running),
      containerStatuses: spec.containers.map(running),
    };
    await client.patch(
      Pod,
      { namespace, name: metadata.name },
      { type: 'merge', body: { status: played } },
      { subresource: 'status' },
    );
  }
}

/** The first pod of each database leads. */
async function playAgents(client: Client): Promise<void> {
  const { items } = await client.list(Lease, { namespace });
  for (const { metadata, spec } of items) {
    if (spec?.holderIdentity !== undefined) continue;
    const primary = metadata.name.replace(/-primary$/, '-0');
    const annotations = {
      'example.com/primary': primary,
      'example.com/primary-address': '10.0.0.9',
      'example.com/system-identifier': systemIdentifier,
    };
    await client.patch(
      Lease,
      { namespace, name: metadata.name },
      {
        type: 'merge',
        body: {
          metadata: { annotations },
          spec: { holderIdentity: `${primary}_x`, leaseDurationSeconds: 15 },
        },
      },
    );
  }
}

async function playUser(client: Client): Promise<void> {
  const [less, goes] = await Promise.all(['less', 'goes'].map((name) => database(client, name)));
  const { resource } = DatabaseCluster;
  if (less !== undefined && !wantsLess(less)) {
    const [{ items: services }, { items: cronJobs }] = await Promise.all([
      client.list(Service, { namespace }),
      client.list(CronJob, { namespace }),
    ]);
    const hasAll =
      services.some(({ metadata }) => metadata.name === 'less-external') &&
      cronJobs.some(({ metadata }) => metadata.name === 'less-backups');
    const body = { spec: { network: { externalAccess: false }, backup: null } };
    if (hasAll) await client.patch(resource, { namespace, name: 'less' }, { type: 'merge', body });
  }
  const isUp = isConditionTrue(goes?.status?.conditions, 'Available');
  if (isUp && goes?.metadata.deletionTimestamp === undefined) {
    await client.delete(resource, { namespace, name: 'goes' });
  }
}

/** Deletes the Secret that was deployed, when there are certificates in it. */
async function playMischief(client: Client): Promise<void> {
  const secret = await webhookSecret(client);
  if (secret?.data === undefined || !isDeployed(secret)) return;
  const { name, uid } = secret.metadata;
  await client.delete(Secret, { namespace: system, name }, { preconditions: { uid } });
}

/** The Secret with the certificates of the webhook; undefined when it is gone. */
export async function webhookSecret(client: Client): Promise<Stored<Secret> | undefined> {
  const { items } = await client.list(Secret, { namespace: system });
  return items.find(({ metadata }) => metadata.name === 'database-cluster-webhook');
}

/** Whether a Secret came with the manifests; those that the operator makes have no labels. */
export function isDeployed({ metadata }: DeepReadonly<Secret>): boolean {
  return metadata.labels !== undefined;
}

/** One of the databases; undefined when it is gone. */
async function database(
  client: Client,
  name: string,
): Promise<Stored<DatabaseCluster> | undefined> {
  const { items } = await client.list(DatabaseCluster.resource, { namespace });
  return items.find(({ metadata }) => metadata.name === name);
}

/** Whether the user has changed their mind about `less`. */
export function wantsLess({ spec }: DeepReadonly<DatabaseCluster>): boolean {
  return spec.backup === undefined;
}
