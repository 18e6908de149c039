export { CronError } from './cron-error.ts';
export { parseCronSchedule, type CronSchedule, type CronScheduleOptions } from './cron-schedule.ts';
export { TimeZone, type WallTime } from './time-zone.ts';
