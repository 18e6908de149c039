export * from './manager-options.ts';
export * from './manager.ts';
export * from './runnable-error.ts';
export * from './runnable.ts';
export * from './shutdown-error.ts';
