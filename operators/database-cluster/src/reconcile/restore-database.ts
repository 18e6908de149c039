import {
  isConditionTrue,
  isNotFound,
  Job,
  PersistentVolumeClaim,
  Pod,
  Service,
  type ConditionInput,
} from '@kubewright/apimachinery';
import type { Cache } from '@kubewright/runtime';
import { managedObjects } from '../apply/object-applier.ts';
import { clientPod } from '../objects/client-pod.ts';
import { ownedMetadata } from '../objects/cluster-context.ts';
import { namesOf } from '../objects/names.ts';
import type { PluginRun } from '../plugins/plugin.ts';
import { holds } from '../status/cluster-status.ts';
import { jobFailure } from '../status/job-failure.ts';

const type = 'Restored';
/** Exit code of restore.sh, and of psql for an error in SQL, that the same backup would end with again. */
const permanentFailure = 3;

/**
 * Fills a new database from a backup, by a Job that runs to its end once. What it says stays in the condition `Restored`:
 * when that is true the Job is never made again.
 *
 * @param isAvailable - Whether the database takes writes by now.
 */
export async function restoreDatabase(
  run: PluginRun,
  cache: Cache,
  isAvailable: boolean,
): Promise<ConditionInput[]> {
  const { cluster, context, applier, client, signal } = run;
  const { restore } = cluster.spec;
  if (restore === undefined || holds(cluster, type)) return [];
  const { namespace, names } = context;
  const pending = (reason: string, message: string): ConditionInput[] => [
    { type, status: 'False', reason, message },
  ];
  const claim = namesOf(restore.cluster).backups;
  try {
    await client.get(PersistentVolumeClaim, { namespace, name: claim }, { signal });
  } catch (error) {
    if (!isNotFound(error)) throw error;
    return pending(
      'BackupNotFound',
      `there is no volume claim ${claim} in the namespace ${namespace} to restore from`,
    );
  }
  const service = managedObjects(cache, Service).get({ namespace, name: names.cluster });
  const serviceAddress = service?.spec?.clusterIP;
  if (!isAvailable || serviceAddress === undefined) {
    return pending('WaitingForDatabase', 'the restore begins when the database takes writes');
  }
  const job = managedObjects(cache, Job).get({ namespace, name: names.restore });
  if (isConditionTrue(job?.status?.conditions, 'Complete')) {
    return [{ type, status: 'True', reason: 'Restored', message: `restored from ${claim}` }];
  }
  const failure =
    job === undefined ? undefined : jobFailure(job, managedObjects(cache, Pod).list({ namespace }));
  if (failure !== undefined) {
    return pending(
      'RestoreFailed',
      `the Job ${names.restore} failed: ${failure.why}. Delete the Job to try again`,
    );
  }
  if (job === undefined) {
    await applier.ensure(Job, {
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: ownedMetadata(context, names.restore),
      spec: {
        backoffLimit: 3,
        // What restore.sh says that another try would not mend.
        podFailurePolicy: {
          rules: [
            { action: 'FailJob', onExitCodes: { operator: 'In', values: [permanentFailure] } },
          ],
        },
        template: clientPod(context, {
          script: 'restore.sh',
          claim,
          serviceAddress,
          env: { BACKUP_NAME: restore.backup ?? '' },
        }),
      },
    });
  }
  return pending('Restoring', `restoring from ${claim}`);
}
