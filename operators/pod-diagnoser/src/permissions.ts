import { EventsV1Event, Lease, Pod } from '@kubewright/apimachinery';
import type { PolicyRule } from '@kubewright/apimachinery';
import { permission } from '@kubewright/crd';
import { PodDiagnoser } from './api/pod-diagnoser.ts';

/** What the operator does in a namespace that it watches. */
export function watchedNamespaceRules(): readonly PolicyRule[] {
  return [
    permission(PodDiagnoser.resource, ['list', 'watch']),
    permission(PodDiagnoser.resource, ['patch'], { subresource: 'status' }),
    permission(Pod, ['list', 'watch', 'patch', 'delete']),
    permission(EventsV1Event, ['create', 'patch']),
  ];
}

/** What the operator does in the namespace that it runs in: contend for its lease, and say who leads. */
export function ownNamespaceRules(leaseName: string): readonly PolicyRule[] {
  return [
    permission(Lease, ['get', 'update'], { names: [leaseName] }),
    // A creation cannot be restricted to a name.
    permission(Lease, ['create']),
    // Without patch: a process becomes leader once, so that no Event of its repeats.
    permission(EventsV1Event, ['create']),
  ];
}
