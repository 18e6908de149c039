import {
  ConfigMap,
  CronJob,
  Job,
  Lease,
  PersistentVolumeClaim,
  Pod,
  Role,
  RoleBinding,
  Service,
  ServiceAccount,
  StatefulSet,
  type KubernetesObject,
} from '@kubewright/apimachinery';
import {
  createController,
  generationChanged,
  annotationsChanged,
  or,
  watch,
} from '@kubewright/runtime';
import type { Controller, Manager, ObjectEvent, Predicate, Request } from '@kubewright/runtime';
import { DatabaseCluster } from './api/database-cluster.ts';
import { clusterLabel, leaseAnnotations } from './api/labels.ts';
import { databaseClusterMetrics } from './database-cluster-metrics.ts';
import { managedSelector, operatorName, type ObjectOptions } from './objects/cluster-context.ts';
import { readPodPrograms, type PodPrograms } from './objects/scripts.ts';
import { BackupPlugin } from './plugins/backup-plugin.ts';
import type { ClusterPlugin } from './plugins/plugin.ts';
import { DatabaseClusterReconciler } from './reconcile/database-cluster-reconciler.ts';
import { ServerCertificates } from './reconcile/server-certificates.ts';

/** What the controller needs to know besides its manager. */
export interface DatabaseClusterControllerOptions {
  /** How the objects of a cluster are made. */
  readonly objects: ObjectOptions;
  /** Default: those of a year, signed by authorities of ten. */
  readonly certificates?: ServerCertificates;
  /** Default: those that lie beside this module. */
  readonly programs?: PodPrograms;
  /** Default: {@link BackupPlugin}. */
  readonly plugins?: readonly ClusterPlugin[];
  /** Clusters that are worked on at a time. Default 4. */
  readonly concurrency?: number;
}

/** Makes the controller of DatabaseClusters, for the namespaces of the manager. */
export function createDatabaseClusterController(
  manager: Manager,
  options: DatabaseClusterControllerOptions,
): Controller {
  const { cache, clock, logger } = manager;
  const { resource } = DatabaseCluster;
  const plugins = options.plugins ?? [new BackupPlugin()];
  for (const plugin of plugins) plugin.initialize({ cache, clock, logger });
  const reconciler = new DatabaseClusterReconciler({
    recorder: manager.eventRecorder(operatorName),
    clock,
    programs: options.programs ?? readPodPrograms(),
    objects: options.objects,
    certificates: options.certificates ?? new ServerCertificates(clock),
    plugins,
    onCreated: databaseClusterMetrics(manager.metrics, cache),
  });
  const managed = { labelSelector: managedSelector };
  const owned = [ConfigMap, CronJob, Job, Role, RoleBinding, Service, ServiceAccount, StatefulSet];
  return createController(manager, {
    name: operatorName,
    // Finalizers and the deletion are told by the generation too; adoption by an annotation.
    for: { resource, predicates: [or(generationChanged(), annotationsChanged())] },
    owns: [
      ...owned.map((each) => ({ resource: each, ...managed })),
      { resource: Lease, ...managed, predicates: [leadershipChanged] },
    ],
    watches: [
      watch(Pod, { ...managed, map: requestsByLabel }),
      watch(PersistentVolumeClaim, { ...managed, map: requestsByLabel }),
    ],
    concurrency: options.concurrency ?? 4,
    reconcile: (request, context) => reconciler.reconcile(request, context),
  });
}

/** Pods and claims belong to a cluster by label: what owns them is the StatefulSet, or nobody. */
function requestsByLabel({ object }: ObjectEvent<KubernetesObject>): Request[] {
  const { namespace, labels } = object.metadata as {
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
  };
  const name = labels?.[clusterLabel];
  return name === undefined ? [] : [{ namespace, name }];
}

/** Renewals come every other second and say nothing new. */
const leadershipChanged: Predicate<Lease> = (event) => {
  if (event.type !== 'updated') return true;
  const [before, after] = [event.old, event.object].map(({ metadata, spec }) => {
    const { [leaseAnnotations.position]: _position, ...annotations } = metadata.annotations ?? {};
    return JSON.stringify([annotations, spec?.holderIdentity]);
  });
  return before !== after;
};
