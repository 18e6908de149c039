import { CronError, parseCronSchedule } from '@kubewright/apimachinery';

/**
 * What is wrong with the schedule of a CronJob; undefined when nothing is. Asked before the API server is, so that the fault
 * can be told of the cluster's own field.
 */
export function cronFault(line: string): string | undefined {
  // A CronJob has a field of its own for it.
  if (line.includes('TZ')) return 'a time zone cannot be part of it, it is in UTC';
  try {
    parseCronSchedule(line);
    return undefined;
  } catch (error) {
    if (error instanceof CronError) return error.message;
    throw error;
  }
}
