export { categoryModes, healthyStates, type Category, type HealthyState } from './category.ts';
export {
  remediations,
  severities,
  type Confidence,
  type ContainerType,
  type Evidence,
  type Finding,
  type LogExcerpt,
  type ObjectRef,
  type ProgramRuntime,
  type Rejected,
  type Remediation,
  type Severity,
} from './finding.ts';
export type { AnyEvent, ContainerLog, Moment, Observation, Snapshot } from './observation.ts';
export type { HeldScope, Incident, Report, Subject, TemplateChange } from './report.ts';
