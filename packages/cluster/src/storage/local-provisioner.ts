import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import {
  isAlreadyExists,
  isNotFound,
  PersistentVolume,
  PersistentVolumeClaim,
  StorageClass,
  type DeepReadonly,
  type Stored,
} from '@kubewright/apimachinery';
import type { Client } from '@kubewright/client';
import {
  createController,
  done,
  watch,
  type Controller,
  type ControllerHost,
  type ReconcileContext,
} from '@kubewright/runtime';
import {
  provisionedBy,
  selectedNode,
  storageProvisioner,
} from '../controllers/volumes/volume-annotations.ts';
import { classNameOf, waitsForConsumer } from '../controllers/volumes/storage-class.ts';
import { unlessMoot } from '../controllers/ownership/moot.ts';
import type { CoreEventRecorder } from '../events/core-event-recorder.ts';
import { openForPassing, openToAll } from '../kubelet/users/file-ownership.ts';

/** Name by which StorageClasses ask for folders of the embedded node. */
export const localProvisioner = 'kubewright.dev/local-folder';
/** Name of the class that claims get which name none. */
export const defaultClassName = 'standard';

/** What the provisioner needs. */
export interface LocalProvisionerOptions {
  readonly nodeName: string;
  /** Folder that the volumes' folders are made in. */
  readonly folder: string;
  readonly events: CoreEventRecorder;
}

/**
 * Makes the class that claims get which name none, unless there is one of its name: its volumes are made when a pod
 * is scheduled and deleted with their claims, as on the small clusters that developers use.
 */
export async function ensureDefaultClass(client: Client, signal: AbortSignal): Promise<void> {
  const annotations = { 'storageclass.kubernetes.io/is-default-class': 'true' };
  try {
    await client.create(
      StorageClass,
      {
        metadata: { name: defaultClassName, annotations },
        provisioner: localProvisioner,
        reclaimPolicy: 'Delete',
        volumeBindingMode: 'WaitForFirstConsumer',
      },
      { signal },
    );
  } catch (error) {
    if (!isAlreadyExists(error)) throw error;
  }
}

/** Makes a folder of this machine for each claim that asks for one. */
export function createLocalProvisioner(
  host: ControllerHost,
  options: LocalProvisionerOptions,
): Controller {
  return createController(host, {
    name: 'local-provisioner',
    for: PersistentVolumeClaim,
    watches: [
      watch(StorageClass, {
        map: ({ object }) =>
          host.cache
            .list(PersistentVolumeClaim)
            .filter((claim) => classNameOf(claim) === object.metadata.name)
            .map(({ metadata: { name, namespace } }) => ({ name, namespace })),
      }),
    ],
    reconcile: (request, context) =>
      unlessMoot(async () => {
        const claim = context.cache.get(PersistentVolumeClaim, request);
        if (claim === undefined || !isOurs(claim)) return done();
        const storageClass = context.cache.get(StorageClass, { name: classNameOf(claim) });
        if (storageClass?.provisioner !== localProvisioner) return done();
        const node = claim.metadata.annotations?.[selectedNode];
        const isForUs =
          node === undefined ? !waitsForConsumer(storageClass) : node === options.nodeName;
        if (isForUs) await provision(claim, storageClass, options, context);
        return done();
      }),
  });
}

/** Deletes the folders of volumes that nobody claims any more, if their policy says so. */
export function createLocalDeleter(
  host: ControllerHost,
  { folder, events }: LocalProvisionerOptions,
): Controller {
  return createController(host, {
    name: 'local-deleter',
    for: PersistentVolume,
    reconcile: (request, context) =>
      unlessMoot(async () => {
        const volume = context.cache.get(PersistentVolume, request);
        if (volume?.metadata.annotations?.[provisionedBy] !== localProvisioner) return done();
        const { spec, status, metadata } = volume;
        if (status?.phase !== 'Released' || spec?.persistentVolumeReclaimPolicy !== 'Delete') {
          return done();
        }
        // By its name and not by the path it says: that is an object anyone with permission could have changed.
        try {
          await rm(join(folder, metadata.name), { recursive: true, force: true, maxRetries: 3 });
        } catch (error) {
          const why = error instanceof Error ? error.message : String(error);
          events.recordOn(volume, 'Warning', 'VolumeFailedDelete', why);
          throw error;
        }
        const { client, signal } = context;
        const { name, uid } = metadata;
        await client
          .delete(PersistentVolume, { name }, { preconditions: { uid }, signal })
          .catch((error: unknown) => {
            if (!isNotFound(error)) throw error;
          });
        return done();
      }),
  });
}

function isOurs({ metadata, spec, status }: DeepReadonly<PersistentVolumeClaim>): boolean {
  return (
    metadata.annotations?.[storageProvisioner] === localProvisioner &&
    metadata.deletionTimestamp === undefined &&
    !spec?.volumeName &&
    status?.phase !== 'Bound'
  );
}

async function provision(
  claim: DeepReadonly<Stored<PersistentVolumeClaim>>,
  storageClass: DeepReadonly<Stored<StorageClass>>,
  { nodeName, folder, events }: LocalProvisionerOptions,
  { cache, client, signal }: ReconcileContext,
): Promise<void> {
  const { name: claimName, namespace, uid, resourceVersion } = claim.metadata;
  const name = `pvc-${uid}`;
  if (cache.get(PersistentVolume, { name }) !== undefined) return;
  const message = `External provisioner is provisioning volume for claim "${namespace ?? ''}/${claimName}"`;
  events.recordOn(claim, 'Normal', 'Provisioning', message);
  const refusal = refusalOf(claim);
  if (refusal !== undefined) {
    events.recordOn(
      claim,
      'Warning',
      'ProvisioningFailed',
      `failed to provision volume with StorageClass "${storageClass.metadata.name}": ${refusal}`,
    );
    return;
  }
  const path = join(folder, name);
  await mkdir(folder, { recursive: true });
  await openForPassing(folder);
  await mkdir(path, { recursive: true });
  await openToAll(path);
  const { accessModes, volumeMode, resources } = claim.spec ?? {};
  const volume: PersistentVolume = {
    metadata: { name, annotations: { [provisionedBy]: localProvisioner } },
    spec: {
      capacity: { storage: resources?.requests?.['storage'] ?? '0' },
      accessModes: [...(accessModes ?? [])],
      claimRef: {
        apiVersion: 'v1',
        kind: 'PersistentVolumeClaim',
        namespace,
        name: claimName,
        uid,
        resourceVersion,
      },
      persistentVolumeReclaimPolicy: storageClass.reclaimPolicy,
      storageClassName: storageClass.metadata.name,
      volumeMode,
      local: { path },
      nodeAffinity: {
        required: {
          nodeSelectorTerms: [
            {
              matchExpressions: [
                { key: 'kubernetes.io/hostname', operator: 'In', values: [nodeName] },
              ],
            },
          ],
        },
      },
    },
  };
  try {
    await client.create(PersistentVolume, volume, { signal });
  } catch (error) {
    if (!isAlreadyExists(error)) throw error;
  }
  events.recordOn(
    claim,
    'Normal',
    'ProvisioningSucceeded',
    `Successfully provisioned volume ${name}`,
  );
}

/** Why no folder can be what the claim asks for. */
function refusalOf({ spec }: DeepReadonly<PersistentVolumeClaim>): string | undefined {
  if (spec?.volumeMode === 'Block') return 'a folder is no block device';
  if (spec?.selector !== undefined) return 'claim Selector is not supported';
  if (spec?.dataSource !== undefined || spec?.dataSourceRef !== undefined) {
    return 'a data source is not supported';
  }
  return undefined;
}
