import { Event, EventsV1Event, Pod } from '@kubewright/apimachinery';
import type { PolicyRule } from '@kubewright/apimachinery';
import { permission } from '@kubewright/crd';
import { PodDiagnoser } from './api/pod-diagnoser.ts';

/** What the operator does in a namespace that it watches. */
export function watchedNamespaceRules(): readonly PolicyRule[] {
  return [
    permission(PodDiagnoser.resource, ['list', 'watch']),
    permission(PodDiagnoser.resource, ['patch'], { subresource: 'status' }),
    permission(Pod, ['list', 'watch', 'patch', 'delete']),
    // What the kubelet says of pods; its own Events are of the other group.
    permission(Event, ['list', 'watch']),
    permission(EventsV1Event, ['create', 'patch']),
  ];
}
