export { failureModes, pageOf, type FailureMode } from './catalogue/failure-modes.ts';
export { diagnoseAll } from './correlation/diagnose-all.ts';
export { diagnose } from './engine/diagnose.ts';
export { resolveEvidence } from './engine/resolve-evidence.ts';
export { stateOf } from './engine/state-of.ts';
export { momentOf } from './moment.ts';
export * from './model/index.ts';
export * from './logs/index.ts';
export * from './timeline/index.ts';
