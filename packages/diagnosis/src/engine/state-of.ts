import { PodFacts } from '../facts/index.ts';
import type { Category, Finding, HealthyState, Observation } from '../model/index.ts';
import { diagnose } from './diagnose.ts';

/**
 * One word for the subject: the category of its first finding, or what it is in when nothing is wrong: `Completed` when
 * it (or the Job that it was an attempt of) has done its work, `Starting` until it is ready for the first time, `Healthy` else.
 *
 * @param findings - Those of {@link diagnose}, when they are known already.
 */
export function stateOf(
  observation: Observation,
  findings: readonly Finding[] = diagnose(observation),
): Category | HealthyState {
  const [first] = findings;
  if (first !== undefined) return first.category;
  if (observation.pod === undefined) return 'Healthy';
  const pod = new PodFacts(observation);
  if (pod.phase.text === 'Succeeded' || pod.isOfCompleteJob) return 'Completed';
  const serves = (type: string): boolean => {
    const ofType = pod.containers.filter((container) => container.type === type);
    return ofType.every((container) => container.isServing);
  };
  return pod.phase.text !== 'Pending' && serves('app') && serves('sidecar')
    ? 'Healthy'
    : 'Starting';
}
