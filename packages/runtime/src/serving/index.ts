export * from './port-in-use-error.ts';
export * from './serving-endpoint.ts';
