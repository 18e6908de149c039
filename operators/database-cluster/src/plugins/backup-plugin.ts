import {
  CronJob,
  findCondition,
  Job,
  Pod,
  Service,
  type DeepReadonly,
} from '@kubewright/apimachinery';
import type { EventInput } from '@kubewright/runtime';
import { cronFault } from '../api/cron-line.ts';
import type { DatabaseCluster } from '../api/database-cluster.ts';
import { settingsOf } from '../api/settings.ts';
import { managedObjects } from '../apply/object-applier.ts';
import { deleteBackupClaim, ensureBackupClaim } from './backup-claim.ts';
import { backupCronJob, type BackupConfiguration } from './backup-cron-job.ts';
import { backupState } from './backup-state.ts';
import {
  PluginConfigurationError,
  type ClusterPlugin,
  type PluginHost,
  type PluginReport,
  type PluginRun,
} from './plugin.ts';

const condition = 'BackupReady';

/**
 * Backs clusters up on a schedule: a CronJob dumps the database into a claim of its own and removes what is older than the
 * retention. The schedule lives in the cluster, so backups go on while the operator does not.
 *
 * Guarantees: a backup has its name only when it was read again to its end; the newest one is never removed. The claim
 * outlives the cluster unless `spec.backup.reclaimPolicy` says otherwise.
 *
 * Caveats: a dump is of one moment; what was written since is not in it. The claim is `ReadWriteOnce`.
 */
export class BackupPlugin implements ClusterPlugin<BackupConfiguration> {
  readonly name = 'backup';
  #host: PluginHost | undefined;

  initialize(host: PluginHost): void {
    this.#host = host;
    managedObjects(host.cache, CronJob);
    managedObjects(host.cache, Job);
    managedObjects(host.cache, Pod);
  }

  configure({ spec }: DeepReadonly<DatabaseCluster>): BackupConfiguration | undefined {
    const { backup } = settingsOf(spec);
    if (backup === undefined) return undefined;
    const fault = cronFault(backup.schedule);
    if (fault !== undefined) {
      throw new PluginConfigurationError(
        condition,
        'InvalidSchedule',
        `spec.backup.schedule "${backup.schedule}" is no cron line: ${fault}. No backups are made by it`,
      );
    }
    const { retentionSeconds } = backup;
    if (retentionSeconds === undefined) {
      throw new PluginConfigurationError(
        condition,
        'InvalidRetention',
        `spec.backup.retention "${String(spec.backup?.retention)}" is no time: give a number of days, or such as 12h, 7d, 4w`,
      );
    }
    return { ...backup, retentionSeconds };
  }

  async execute(
    configuration: BackupConfiguration | undefined,
    run: PluginRun,
  ): Promise<PluginReport> {
    const { context, applier } = run;
    const { names, namespace } = context;
    if (configuration === undefined) {
      await applier.remove(CronJob, namespace, names.backups);
      return { conditions: [], dropped: [condition] };
    }
    const fault = await ensureBackupClaim(configuration, run);
    if (fault !== '') throw new PluginConfigurationError(condition, 'ClaimTaken', fault);
    const address = this.#serviceAddress(run);
    if (address === undefined) {
      return report('Unknown', 'Pending', 'the Service of the primary does not exist yet');
    }
    await applier.ensure(CronJob, backupCronJob(context, configuration, address));
    return this.#observe(run);
  }

  async cleanup(run: PluginRun): Promise<void> {
    const { context, applier, cluster } = run;
    await applier.remove(CronJob, context.namespace, context.names.backups);
    if (cluster.spec.backup?.reclaimPolicy === 'Delete') await deleteBackupClaim(run);
  }

  #serviceAddress({ context: { namespace, names } }: PluginRun): string | undefined {
    if (this.#host === undefined) return undefined;
    const service = managedObjects(this.#host.cache, Service);
    return service.get({ namespace, name: names.cluster })?.spec?.clusterIP;
  }

  #observe({ cluster, context: { namespace, names } }: PluginRun): PluginReport {
    if (this.#host === undefined) throw new TypeError('the plugin was not initialized');
    const { cache, clock } = this.#host;
    const cronJob = managedObjects(cache, CronJob).get({ namespace, name: names.backups });
    const jobs = managedObjects(cache, Job)
      .list({ namespace })
      .filter(({ metadata }) =>
        metadata.ownerReferences?.some(({ uid }) => uid === cronJob?.metadata.uid),
      );
    const pods = managedObjects(cache, Pod).list({ namespace });
    const state = backupState({ cronJob, jobs, pods, nowMs: clock.now() });
    const lastSuccess = cronJob?.status?.lastSuccessfulTime;
    const status = lastSuccess === undefined ? {} : { lastBackupTime: lastSuccess };
    switch (state.type) {
      case 'waiting':
        return { ...report('Unknown', 'Scheduled', 'no backup has been due yet'), status };
      case 'succeeded':
        return {
          ...report('True', 'BackupSucceeded', 'the last backup that was due succeeded'),
          status,
        };
      case 'failed': {
        const { name, uid, why } = state.failure;
        const message = `the backup ${name} failed: ${why}`;
        return { ...failing('BackupFailed', message, uid, cluster), status };
      }
      case 'overdue': {
        const message = `the backup that was due at ${state.dueAt} has not ended yet; kubectl get pods -l app.kubernetes.io/name=postgresql-client shows what its pod waits for`;
        return { ...failing('BackupOverdue', message, state.dueAt, cluster), status };
      }
      default:
        return state satisfies never;
    }
  }
}

function report(
  status: 'True' | 'False' | 'Unknown',
  reason: string,
  message: string,
): PluginReport {
  return { conditions: [{ type: condition, status, reason, message }] };
}

/** A condition that says what is wrong, and the Event of it unless the status says so already. */
function failing(
  reason: string,
  message: string,
  idempotencyKey: string,
  { status }: PluginRun['cluster'],
): PluginReport {
  const isTold = findCondition(status?.conditions, condition)?.message === message;
  const event: EventInput = {
    type: 'Warning',
    reason,
    action: 'Backup',
    note: message,
    idempotencyKey,
  };
  return { ...report('False', reason, message), events: isTold ? [] : [event] };
}
