import type { MetricsRegistry } from '@kubewright/runtime';
import type { Cache, Cached } from '@kubewright/runtime';
import { Counter, Gauge } from 'prom-client';
import { DatabaseCluster } from './api/database-cluster.ts';
import { phases } from './api/status-fields.ts';

/** Name of the index that finds clusters by `spec.version`. */
export const versionIndex = 'spec.version';

/**
 * Makes the series of the operator:
 *
 * - `database_clusters_created_total{namespace,version}`: clusters that were seen for the first time;
 * - `database_clusters_status{namespace,phase}`: how many clusters of a namespace are in a phase: 1 and 0 for one cluster;
 * - `database_clusters_versions{version}`: how many clusters ask for a version.
 *
 * The latter two are read from the cache when they are asked for, so that nothing of a deleted cluster stays.
 *
 * @returns counts one cluster that was seen for the first time
 */
export function databaseClusterMetrics(
  registry: MetricsRegistry,
  cache: Cache,
): (cluster: Pick<Cached<DatabaseCluster>, 'metadata' | 'spec'>) => void {
  const clusters = cache.informer(DatabaseCluster.resource);
  clusters.addIndex(versionIndex, ({ spec }) => [spec.version]);
  new Gauge({
    name: 'database_clusters_status',
    help: 'Clusters of a namespace that are in a phase.',
    labelNames: ['namespace', 'phase'] as const,
    registers: [registry],
    collect() {
      this.reset();
      for (const { metadata, status } of clusters.list()) {
        const { namespace = '' } = metadata;
        for (const phase of phases) {
          this.inc({ namespace, phase }, phase === (status?.phase ?? 'Creating') ? 1 : 0);
        }
      }
    },
  });
  new Gauge({
    name: 'database_clusters_versions',
    help: 'Clusters that ask for a version.',
    labelNames: ['version'] as const,
    registers: [registry],
    collect() {
      this.reset();
      for (const version of new Set(clusters.list().map(({ spec }) => spec.version))) {
        this.set({ version }, clusters.byIndex(versionIndex, version).length);
      }
    },
  });
  const created = new Counter({
    name: 'database_clusters_created_total',
    help: 'Clusters that were seen for the first time.',
    labelNames: ['namespace', 'version'] as const,
    registers: [registry],
  });
  return ({ metadata, spec }) => {
    created.inc({ namespace: metadata.namespace ?? '', version: spec.version });
  };
}
