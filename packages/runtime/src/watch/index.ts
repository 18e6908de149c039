export type * from './lister-watcher.ts';
export { compareResourceVersions } from './resource-version.ts';
export type { WatchProblem, WatchProblemKind } from './watch-problem.ts';
export type { InitialRead } from './watch-state.ts';
