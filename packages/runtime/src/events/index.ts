export type { EventReporter } from './event-body.ts';
export * from './event-input.ts';
export * from './event-recorder.ts';
export * from './event-sink.ts';
export { SpamFilter, type SpamFilterOptions } from './spam-filter.ts';
export { truncateBytes } from './truncate-bytes.ts';
