import { EventsV1Event, Pod, type PolicyRule } from '@kubewright/apimachinery';
import { permission } from '@kubewright/crd';
import { Foo } from './api/foo.ts';

/** What the operator does in a namespace that it watches. */
export function watchedNamespaceRules(): readonly PolicyRule[] {
  return [
    permission(Foo.resource, ['list', 'watch']),
    permission(Foo.resource, ['patch'], { subresource: 'status' }),
    permission(Pod, ['list', 'watch']),
    // Patched when the same happens again within minutes: a friend that comes and goes.
    permission(EventsV1Event, ['create', 'patch']),
  ];
}
