export type { Controller } from './controller.ts';
export type * from './controller-options.ts';
export * from './create-controller.ts';
export * from './predicate.ts';
export * from './reconcile-error.ts';
export { requestFor, type Request } from './request.ts';
export * from './result.ts';
export { controllerUidIndex, watch } from './source.ts';
export type { MapFunction, Source, SourceOptions } from './source.ts';
