import {
  CronJob,
  isNotFound,
  Job,
  parseTime,
  PersistentVolumeClaim,
  Service,
  type DeepReadonly,
} from '@kubewright/apimachinery';
import type { Cache, EventInput, Informer } from '@kubewright/runtime';
import { cronFault } from '../api/cron-line.ts';
import type { DatabaseCluster } from '../api/database-cluster.ts';
import { annotations, clusterLabel } from '../api/labels.ts';
import { settingsOf, type BackupSettings } from '../api/settings.ts';
import { NameTakenError } from '../apply/apply-error.ts';
import { managedObjects } from '../apply/object-applier.ts';
import { clientPod } from '../objects/client-pod.ts';
import { ownedMetadata, type ClusterContext } from '../objects/cluster-context.ts';
import {
  PluginConfigurationError,
  type ClusterPlugin,
  type PluginHost,
  type PluginReport,
  type PluginRun,
} from './plugin.ts';

/** What a cluster asks of backups, with a retention that makes sense. */
type BackupConfiguration = BackupSettings & { readonly retentionSeconds: number };

const condition = 'BackupReady';

/**
 * Backs clusters up on a schedule: a CronJob dumps the database into a claim of its own and removes what is older than the
 * retention. The schedule lives in the cluster, so backups go on while the operator does not.
 *
 * Guarantees: a backup has its name only when it was read again whole; the newest one is never removed. The claim outlives
 * the cluster unless `spec.backup.reclaimPolicy` says otherwise.
 *
 * Caveats: a dump is of one moment; what was written since is not in it. The claim is `ReadWriteOnce`.
 */
export class BackupPlugin implements ClusterPlugin<BackupConfiguration> {
  readonly name = 'backup';
  #informers: { readonly cronJobs: Informer<CronJob>; readonly jobs: Informer<Job> } | undefined;
  #cache: Cache | undefined;

  initialize({ cache }: PluginHost): void {
    this.#cache = cache;
    this.#informers = {
      cronJobs: managedObjects(cache, CronJob),
      jobs: managedObjects(cache, Job),
    };
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
    await this.#ensureClaim(configuration, run);
    const address = this.#serviceAddress(context);
    if (address === undefined) {
      return {
        conditions: [
          this.#condition(
            run,
            'Unknown',
            'Pending',
            'the Service of the primary does not exist yet',
          ),
        ],
      };
    }
    await applier.ensure(CronJob, cronJob(context, configuration, address));
    return this.#report(run);
  }

  async cleanup({ context, applier, client, cluster, signal }: PluginRun): Promise<void> {
    const { names, namespace } = context;
    await applier.remove(CronJob, namespace, names.backups);
    if ((cluster.spec.backup?.reclaimPolicy ?? 'Retain') !== 'Delete') return;
    const claim = await readClaim({ context, client, signal });
    if (claim?.metadata.annotations?.[annotations.clusterUid] !== cluster.metadata.uid) return;
    await client
      .delete(PersistentVolumeClaim, { namespace, name: names.backups }, { signal })
      .catch((error: unknown) => {
        if (!isNotFound(error)) throw error;
      });
  }

  /** The claim has no owner: it is to outlive the cluster. */
  async #ensureClaim(
    { size, storageClass }: BackupConfiguration,
    { cluster, context, client, signal }: PluginRun,
  ): Promise<void> {
    const { names, namespace, labels, uid } = context;
    const claim = await readClaim({ context, client, signal });
    const owner = claim?.metadata.annotations?.[annotations.clusterUid];
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
      return;
    }
    if (owner === uid) return;
    const mayAdopt =
      owner !== undefined &&
      claim.metadata.labels?.[clusterLabel] === context.name &&
      cluster.metadata.annotations?.[annotations.adoptClaims] === 'true';
    if (!mayAdopt) throw new NameTakenError('PersistentVolumeClaim', names.backups);
    await client.patch(
      PersistentVolumeClaim,
      { namespace, name: names.backups },
      { type: 'merge', body: { metadata: { annotations: { [annotations.clusterUid]: uid } } } },
      { signal },
    );
  }

  #serviceAddress({ namespace, names }: ClusterContext): string | undefined {
    if (this.#cache === undefined) return undefined;
    const service = managedObjects(this.#cache, Service).get({ namespace, name: names.cluster });
    return service?.spec?.clusterIP;
  }

  #report(run: PluginRun): PluginReport {
    const { namespace, names } = run.context;
    const cron = this.#informers?.cronJobs.get({ namespace, name: names.backups });
    const lastSuccess = cron?.status?.lastSuccessfulTime;
    const failed = this.#failedSince(run.context, lastSuccess);
    const status = lastSuccess === undefined ? {} : { lastBackupTime: lastSuccess };
    if (failed !== undefined) {
      const message = `the backup ${failed.name} failed: ${failed.why}`;
      const event: EventInput = {
        type: 'Warning',
        reason: 'BackupFailed',
        action: 'Backup',
        note: message,
        idempotencyKey: failed.uid,
      };
      return {
        conditions: [this.#condition(run, 'False', 'BackupFailed', message)],
        status,
        events: [event],
      };
    }
    return {
      conditions: [
        lastSuccess === undefined
          ? this.#condition(run, 'Unknown', 'Scheduled', 'no backup has been due yet')
          : this.#condition(
              run,
              'True',
              'BackupSucceeded',
              'the last backup that was due succeeded',
            ),
      ],
      status,
    };
  }

  /** The newest Job that failed after the last success. */
  #failedSince(
    { namespace, names }: ClusterContext,
    lastSuccess: string | undefined,
  ): { readonly name: string; readonly uid: string; readonly why: string } | undefined {
    const since = parseTime(lastSuccess)?.getTime() ?? 0;
    const failures = (this.#informers?.jobs.list({ namespace }) ?? []).flatMap((job) => {
      if (!job.metadata.ownerReferences?.some(({ name }) => name === names.backups)) return [];
      const end = job.status?.conditions?.find(
        ({ type, status }) => type === 'Failed' && status === 'True',
      );
      const at = parseTime(end?.lastTransitionTime)?.getTime() ?? 0;
      if (end === undefined || at <= since) return [];
      const { name, uid } = job.metadata;
      return [{ name, uid, why: end.message ?? end.reason ?? 'its pods failed', at }];
    });
    return failures.toSorted((one, other) => other.at - one.at)[0];
  }

  #condition(
    { cluster }: PluginRun,
    status: 'True' | 'False' | 'Unknown',
    reason: string,
    message: string,
  ): PluginReport['conditions'][number] {
    return {
      type: condition,
      status,
      reason,
      message,
      observedGeneration: cluster.metadata.generation,
    };
  }
}

async function readClaim({
  context,
  client,
  signal,
}: Pick<PluginRun, 'context' | 'client' | 'signal'>) {
  try {
    const ref = { namespace: context.namespace, name: context.names.backups };
    return await client.get(PersistentVolumeClaim, ref, { signal });
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

function cronJob(
  context: ClusterContext,
  settings: BackupConfiguration,
  serviceAddress: string,
): CronJob {
  const { names, labels } = context;
  return {
    apiVersion: 'batch/v1',
    kind: 'CronJob',
    metadata: ownedMetadata(context, names.backups),
    spec: {
      schedule: settings.schedule,
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
            env: { RETENTION_SECONDS: String(settings.retentionSeconds) },
          }),
        },
      },
    },
  };
}
