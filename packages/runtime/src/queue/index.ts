export type { AgeingOptions } from './ready-keys.ts';
export * from './rate-limiter.ts';
export * from './work-queue.ts';
