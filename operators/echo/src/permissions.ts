import { CronJob, EventsV1Event, Job, type PolicyRule } from '@kubewright/apimachinery';
import { permission } from '@kubewright/crd';
import { Echo } from './api/echo.ts';
import { ScheduledEcho } from './api/scheduled-echo.ts';

/** What the operator does in a namespace that it watches. */
export function watchedNamespaceRules(): readonly PolicyRule[] {
  return [
    // Got right before the Job is made, which the cache must not be trusted for.
    permission(Echo.resource, ['get', 'list', 'watch']),
    permission(Echo.resource, ['patch'], { subresource: 'status' }),
    permission(ScheduledEcho.resource, ['list', 'watch']),
    permission(ScheduledEcho.resource, ['patch'], { subresource: 'status' }),
    // Patched for the finalizer alone.
    permission(Job, ['list', 'watch', 'create', 'patch']),
    permission(CronJob, ['list', 'watch', 'create', 'patch']),
    // Patched when the same happens again within minutes; listed when a Job gets no pod, for nothing else tells why.
    permission(EventsV1Event, ['list', 'create', 'patch']),
  ];
}
