import {
  CustomResourceDefinition,
  EventsV1Event,
  groupResourceOf,
  Lease,
  Secret,
  type PolicyRule,
} from '@kubewright/apimachinery';
import { permission } from '@kubewright/crd';
import type { OperatorDefinition } from './operator-definition.ts';

/** Names of objects that a rule is about; a chart has other ones than the manifests. */
export interface RuleNames {
  readonly lease: string;
  readonly webhookSecret: string;
}

/** What an operator does in its own namespace: contend for the lease, say who leads, share certificates. */
export function ownRules(
  { permissions, program }: OperatorDefinition,
  names: RuleNames,
): readonly PolicyRule[] {
  return [
    // It creates its lease by an apply, because a creation by POST cannot be restricted to a name.
    permission(Lease, ['get', 'create', 'patch', 'update'], { names: [names.lease] }),
    // Without patch: a process becomes leader once, so that no Event of its repeats.
    permission(EventsV1Event, ['create']),
    // As the lease.
    ...(program.servesWebhooks
      ? [
          permission(Secret, ['get', 'list', 'watch', 'create', 'patch'], {
            names: [names.webhookSecret],
          }),
        ]
      : []),
    ...permissions.own,
  ];
}

/** What an operator does in the cluster as a whole, whatever it watches. */
export function clusterRules(operator: OperatorDefinition): readonly PolicyRule[] {
  const { permissions, program } = operator;
  const converted = convertedDefinitions(operator);
  return [
    ...(program.servesWebhooks && converted.length > 0
      ? [
          permission(CustomResourceDefinition, ['get', 'list', 'watch', 'patch'], {
            names: converted,
          }),
        ]
      : []),
    ...permissions.cluster,
  ];
}

/** Names of the definitions whose objects the operator converts. */
function convertedDefinitions({ resources }: OperatorDefinition): string[] {
  return resources
    .filter((each) => each.manifest().spec.conversion?.strategy === 'Webhook')
    .map(({ resource }) => groupResourceOf(resource));
}
