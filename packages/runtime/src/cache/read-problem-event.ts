import { problemText, type InformerProblem } from './informer-state.ts';
import type { EventInput } from '../events/event-input.ts';

/** The Event about something that cannot be read until a person grants or installs what is missing; undefined for what may pass by itself. */
export function readProblemEvent(problem: InformerProblem): EventInput | undefined {
  const fact = { type: 'Warning', action: 'Watch' } as const;
  switch (problem.kind) {
    case 'denied':
      return { ...fact, reason: 'MissingPermission', note: problemText(problem) };
    case 'missing':
      return {
        ...fact,
        reason: 'MissingResource',
        note: `${problemText(problem)}. Install its CustomResourceDefinition, or a version of the cluster that has it.`,
      };
    default:
      return undefined;
  }
}
