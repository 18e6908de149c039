import {
  formatTime,
  ownerReference,
  TimeZone,
  type Job,
  type JobTemplateSpec,
} from '@kubewright/apimachinery';
import type { ReadonlyCronJob } from './schedule-times.ts';

/** Annotation of a Job: the time it was scheduled for. */
const timestampAnnotation = 'batch.kubernetes.io/cronjob-scheduled-timestamp';

/** The name of the Job of a time: it cannot be made twice, whoever tries. Schedules are no finer than minutes. */
export function jobNameOf({ metadata }: ReadonlyCronJob, time: Date): string {
  return `${metadata.name}-${Math.floor(time.getTime() / 60_000)}`;
}

/** The Job of a time. */
export function jobOf(cronJob: ReadonlyCronJob, time: Date): Job {
  // A deep copy: nothing of the cached template is handed on to be changed.
  const { metadata, spec } = structuredClone(cronJob.spec.jobTemplate) as JobTemplateSpec;
  return {
    metadata: {
      name: jobNameOf(cronJob, time),
      namespace: cronJob.metadata.namespace,
      labels: metadata?.labels,
      annotations: {
        ...metadata?.annotations,
        [timestampAnnotation]: localTime(time, new TimeZone(cronJob.spec.timeZone ?? 'UTC')),
      },
      ownerReferences: [ownerReference(cronJob)],
    },
    ...(spec && { spec }),
  };
}

/** RFC 3339 with the offset of a zone. */
function localTime(time: Date, zone: TimeZone): string {
  const offsetMinutes = Math.round(zone.offsetMs(time.getTime()) / 60_000);
  if (offsetMinutes === 0) return formatTime(time);
  const shown = formatTime(new Date(time.getTime() + offsetMinutes * 60_000)).slice(0, -1);
  const two = (value: number): string => String(value).padStart(2, '0');
  const size = Math.abs(offsetMinutes);
  return `${shown}${offsetMinutes < 0 ? '-' : '+'}${two(Math.floor(size / 60))}:${two(size % 60)}`;
}
