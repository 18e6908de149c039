export * from './election/index.ts';
export * from './events/index.ts';
export * from './health/index.ts';
export * from './logging/index.ts';
export * from './metrics/index.ts';
export * from './serving/index.ts';
