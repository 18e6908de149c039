export { readLog } from './read-log.ts';
