import { CronJob, EventsV1Event, Job, type PolicyRule } from '@kubewright/apimachinery';
import { permission } from '@kubewright/crd';
import { Echo } from './api/echo.ts';
import { ScheduledEcho } from './api/scheduled-echo.ts';

/** What the operator does in a namespace that it watches. */
export function watchedNamespaceRules(): readonly PolicyRule[] {
  return [
    permission(Echo.resource, ['list', 'watch']),
    permission(Echo.resource, ['patch'], { subresource: 'status' }),
    permission(ScheduledEcho.resource, ['list', 'watch']),
    permission(ScheduledEcho.resource, ['patch'], { subresource: 'status' }),
    // Got when one of the right name turns out to be there already.
    permission(Job, ['get', 'list', 'watch', 'create']),
    permission(CronJob, ['get', 'list', 'watch', 'create', 'patch']),
    // Patched when the same happens again within minutes.
    permission(EventsV1Event, ['create', 'patch']),
  ];
}
