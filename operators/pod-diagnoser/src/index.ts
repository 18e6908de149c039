export * from './api/pod-diagnoser.ts';
export { crashKey, restartReason, type ContainerType, type Crash } from './crash/crash.ts';
export { crashesOf, type CrashablePod } from './crash/crashes-of.ts';
export { latestCrash } from './crash/latest-crash.ts';
export {
  crashesAnnotation,
  restartReasonAnnotation,
  restartTimeAnnotation,
} from './crash/pod-annotations.ts';
export {
  diagnosisAnnotation,
  findingAnnotation,
  maxDiagnosisLength,
  maxFindingLength,
} from './diagnosis/diagnosis-annotations.ts';
export * from './permissions.ts';
export * from './pod-diagnoser-controller.ts';
export { program } from './program.ts';
export { responsibleFor, shadowOf } from './selection/responsible-diagnoser.ts';
