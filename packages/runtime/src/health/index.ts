export * from './health-check.ts';
