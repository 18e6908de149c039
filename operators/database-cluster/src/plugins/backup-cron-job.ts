import type { CronJob } from '@kubewright/apimachinery';
import type { BackupSettings } from '../api/settings.ts';
import { clientPod } from '../objects/client-pod.ts';
import { ownedMetadata, type ClusterContext } from '../objects/cluster-context.ts';

/** What a cluster asks of backups, with a retention that makes sense. */
export type BackupConfiguration = BackupSettings & { readonly retentionSeconds: number };

/**
 * The CronJob that backs a cluster up.
 *
 * @param serviceAddress - Address of the Service of the primary.
 */
export function backupCronJob(
  context: ClusterContext,
  { schedule, retentionSeconds }: BackupConfiguration,
  serviceAddress: string,
): CronJob {
  const { names, labels } = context;
  return {
    apiVersion: 'batch/v1',
    kind: 'CronJob',
    metadata: ownedMetadata(context, names.backups),
    spec: {
      schedule,
      suspend: false,
      // Two at a time would only be in each other's way; one that is late is better than none.
      concurrencyPolicy: 'Forbid',
      startingDeadlineSeconds: 600,
      successfulJobsHistoryLimit: 3,
      failedJobsHistoryLimit: 3,
      jobTemplate: {
        metadata: { labels: { ...labels } },
        spec: {
          backoffLimit: 2,
          template: clientPod(context, {
            script: 'backup.sh',
            claim: names.backups,
            serviceAddress,
            env: { RETENTION_SECONDS: String(retentionSeconds) },
          }),
        },
      },
    },
  };
}
