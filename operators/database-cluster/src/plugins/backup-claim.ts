import { isNotFound, PersistentVolumeClaim, type Stored } from '@kubewright/apimachinery';
import { annotations, clusterLabel } from '../api/labels.ts';
import type { BackupConfiguration } from './backup-cron-job.ts';
import type { PluginRun } from './plugin.ts';

/**
 * Makes the claim that backups are written to. It has no owner: it is to outlive the cluster. One that an earlier cluster
 * of the same name left behind is taken over only when this one says so by an annotation.
 *
 * @returns why the claim that is there cannot be used; empty: it can
 */
export async function ensureBackupClaim(
  { size, storageClass }: BackupConfiguration,
  run: PluginRun,
): Promise<string> {
  const { cluster, context, client, signal } = run;
  const { names, namespace, labels, uid } = context;
  const claim = await readClaim(run);
  if (claim === undefined) {
    await client.create(
      PersistentVolumeClaim,
      {
        apiVersion: 'v1',
        kind: 'PersistentVolumeClaim',
        metadata: {
          name: names.backups,
          namespace,
          labels: { ...labels },
          annotations: { [annotations.clusterUid]: uid },
        },
        spec: {
          accessModes: ['ReadWriteOnce'],
          resources: { requests: { storage: size } },
          ...(storageClass === undefined ? {} : { storageClassName: storageClass }),
        },
      },
      { signal },
    );
    return '';
  }
  const owner = claim.metadata.annotations?.[annotations.clusterUid];
  if (owner === uid) return '';
  if (owner === undefined || claim.metadata.labels?.[clusterLabel] !== context.name) {
    return `a PersistentVolumeClaim named ${names.backups} exists already and is not that of backups: delete it, or name the cluster otherwise`;
  }
  if (cluster.metadata.annotations?.[annotations.adoptClaims] !== 'true') {
    return `the PersistentVolumeClaim ${names.backups} holds backups of an earlier cluster of this name: annotate this cluster with ${annotations.adoptClaims}=true to go on with it, or delete it`;
  }
  await client.patch(
    PersistentVolumeClaim,
    { namespace, name: names.backups },
    { type: 'merge', body: { metadata: { annotations: { [annotations.clusterUid]: uid } } } },
    { signal },
  );
  return '';
}

/** Deletes the claim of the backups, if it is this cluster's. */
export async function deleteBackupClaim(run: PluginRun): Promise<void> {
  const { context, client, signal } = run;
  const { names, namespace, uid } = context;
  const claim = await readClaim(run);
  if (claim?.metadata.annotations?.[annotations.clusterUid] !== uid) return;
  try {
    await client.delete(
      PersistentVolumeClaim,
      { namespace, name: names.backups },
      { preconditions: { uid: claim.metadata.uid }, signal },
    );
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}

async function readClaim({
  context,
  client,
  signal,
}: PluginRun): Promise<Stored<PersistentVolumeClaim> | undefined> {
  const ref = { namespace: context.namespace, name: context.names.backups };
  try {
    return await client.get(PersistentVolumeClaim, ref, { signal });
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}
