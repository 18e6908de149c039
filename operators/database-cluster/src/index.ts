export * from './api/database-cluster.ts';
export { judgeVersionChange, parseVersion, type PostgresVersion } from './api/postgres-version.ts';
export { phases, type Phase } from './api/status-fields.ts';
