export * from './port-in-use-error.ts';
