export { isMissingLog } from './missing-log.ts';
export { readLog } from './read-log.ts';
