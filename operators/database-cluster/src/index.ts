export * from './api/database-cluster.ts';
export { judgeVersionChange, parseVersion, type PostgresVersion } from './api/postgres-version.ts';
export { phases, type Phase } from './api/status-fields.ts';
export * from './database-cluster-controller.ts';
export { operatorName, type ObjectOptions } from './objects/cluster-context.ts';
export { readPodPrograms, type PodPrograms } from './objects/scripts.ts';
export * from './permissions.ts';
export * from './plugins/plugin.ts';
export { BackupPlugin } from './plugins/backup-plugin.ts';
