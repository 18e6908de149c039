import type { Lease } from '@kubewright/apimachinery';
import { agentSettings } from '../agent/agent-settings.ts';
import { leaseAnnotations } from '../api/labels.ts';
import { ownedMetadata, type ClusterContext } from './cluster-context.ts';

/** How a database begins. */
export interface Beginning {
  /** The pod that may be the first primary. */
  readonly primary: string;
  /** The identity of the data that is there already; undefined: an empty database is to be made. */
  readonly systemIdentifier: string | undefined;
}

/** The Lease of the agents as it is first made. Whoever leads writes it from then on. */
export function firstLease(context: ClusterContext, beginning: Beginning): Lease {
  const lease = leaseSettings(context);
  return {
    ...lease,
    metadata: {
      ...lease.metadata,
      annotations: {
        ...lease.metadata.annotations,
        [leaseAnnotations.successors]: JSON.stringify([beginning.primary]),
        ...(beginning.systemIdentifier === undefined
          ? {}
          : {
              [leaseAnnotations.primary]: beginning.primary,
              [leaseAnnotations.systemIdentifier]: beginning.systemIdentifier,
            }),
      },
    },
    spec: {},
  };
}

/** What the operator says in the Lease, and keeps saying: the agents' settings. */
export function leaseSettings(context: ClusterContext): Lease {
  return {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: {
      ...ownedMetadata(context, context.names.lease),
      annotations: { [leaseAnnotations.settings]: JSON.stringify(agentSettings(context.settings)) },
    },
  };
}
