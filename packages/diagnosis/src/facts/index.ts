export { ContainerFacts, type ContainerState } from './container-facts.ts';
export { all, any, Field, firstMatch, maxEvidenceLength, shown, type Proof } from './field.ts';
export { isPlainlyWell } from './is-plainly-well.ts';
export { Life } from './life.ts';
export { ObservedEvent } from './observed-event.ts';
export { lifeOfLog } from './observed-log.ts';
export { oncePer } from './once-per.ts';
export { OwnerFacts } from './owner-facts.ts';
export { PodFacts } from './pod-facts.ts';
export {
  livedAsLongAsProbeAllows,
  livedLongEnoughFor,
  wasRestartedInOneStep,
} from './probe-kill.ts';
export { Probe, type ProbeKind } from './probe.ts';
export { listed, refOf, RelatedObjects } from './related-objects.ts';
