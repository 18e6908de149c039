import { Pod } from '@kubewright/apimachinery';
import type { Cache, Cached } from '@kubewright/runtime';
import { clusterLabel } from '../api/labels.ts';
import { managedObjects } from '../apply/object-applier.ts';
import type { ClusterContext } from '../objects/cluster-context.ts';

/** The pods of a cluster that there are. */
export function clusterPods(
  cache: Cache,
  { namespace, name }: Pick<ClusterContext, 'namespace' | 'name'>,
): readonly Cached<Pod>[] {
  return managedObjects(cache, Pod)
    .list({ namespace })
    .filter(({ metadata }) => metadata.labels?.[clusterLabel] === name);
}
