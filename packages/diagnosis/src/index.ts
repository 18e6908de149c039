export * from './model/index.ts';
export * from './logs/index.ts';
