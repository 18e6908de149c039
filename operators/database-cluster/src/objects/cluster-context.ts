import {
  ownerReference,
  type DeepReadonly,
  type OwnerReference,
  type Stored,
} from '@kubewright/apimachinery';
import type { DatabaseCluster } from '../api/database-cluster.ts';
import { clusterLabel } from '../api/labels.ts';
import { settingsOf, type ClusterSettings } from '../api/settings.ts';
import { namesOf, type ClusterNames } from './names.ts';

/** What the operator's own settings decide about the objects. */
export interface ObjectOptions {
  /** Repository of the server's image; the version is its tag. Default `postgres`. */
  readonly postgresImage: string;
  /** Image of the agent: that of the operator itself. */
  readonly agentImage: string;
  /** Command of the agent's container; empty: what its image says, with the argument `agent`. */
  readonly agentCommand: readonly string[];
  /** The user that the image's servers run as, and the group of their files. */
  readonly userId: number;
  /** When images are pulled. */
  readonly imagePullPolicy: 'IfNotPresent' | 'Always' | 'Never';
  /** How long the agents' lease is valid, in seconds. */
  readonly leaseDurationSeconds: number;
  /** Pause between two looks of an agent, in seconds. */
  readonly retryPeriodSeconds: number;
  /** How pods that run get what has changed of them besides the image of the server, which is always rolled out. */
  readonly podUpdateStrategy: PodUpdateStrategy;
}

/** The names are those of StatefulSets: when the pods are deleted, by whomever; at once, one after the other. */
export type PodUpdateStrategy = 'OnDelete' | 'RollingUpdate';

/** What the objects of one cluster are made from. */
export interface ClusterContext {
  readonly name: string;
  readonly namespace: string;
  readonly uid: string;
  readonly owner: OwnerReference;
  readonly settings: ClusterSettings;
  readonly names: ClusterNames;
  readonly labels: Readonly<Record<string, string>>;
  readonly options: ObjectOptions;
}

/** Name of the operator: field manager, and `app.kubernetes.io/managed-by` of what it makes. */
export const operatorName = 'database-cluster';

/** Label selector of everything that the operator makes. */
export const managedSelector = `app.kubernetes.io/managed-by=${operatorName}`;

/**
 * What the objects of a cluster are made from.
 *
 * @param version - The version to run, which may be older than the one asked for.
 */
export function contextOf(
  cluster: DeepReadonly<Stored<DatabaseCluster>>,
  version: string,
  options: ObjectOptions,
): ClusterContext {
  const { name, namespace = 'default', uid } = cluster.metadata;
  return {
    name,
    namespace,
    uid,
    owner: ownerReference(cluster),
    settings: { ...settingsOf(cluster.spec), version },
    names: namesOf(name),
    labels: {
      'app.kubernetes.io/name': 'postgresql',
      'app.kubernetes.io/instance': name,
      'app.kubernetes.io/managed-by': operatorName,
      [clusterLabel]: name,
    },
    options,
  };
}

/** Metadata of an object that the cluster owns. */
export function ownedMetadata(
  { namespace, labels, owner }: Pick<ClusterContext, 'namespace' | 'labels' | 'owner'>,
  name: string,
): {
  name: string;
  namespace: string;
  labels: Record<string, string>;
  ownerReferences: OwnerReference[];
} {
  return { name, namespace, labels: { ...labels }, ownerReferences: [owner] };
}
