export * from './cache-error.ts';
export * from './cache.ts';
export type * from './event-handler.ts';
export type { Informer, ReadOptions } from './informer.ts';
export type { InformerOptions } from './informer-options.ts';
export * from './informer-state.ts';
export * from './only-metadata.ts';
export * from './read-your-writes.ts';
export type { IndexFunction } from './secondary-index.ts';
