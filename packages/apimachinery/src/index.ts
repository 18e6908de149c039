export * from './kinds/index.ts';
export * from './object.ts';
export * from './resource.ts';
export * from './status-error.ts';
export type * from './transport.ts';
