import type { Cache } from '../cache/cache.ts';
import type { EventSubject } from '../events/event-input.ts';
import type { EventRecorder } from '../events/event-recorder.ts';
import { readProblemEvent } from '../cache/read-problem-event.ts';

/** What {@link reportOwnProblems} works with. */
export interface OwnProblemsOptions {
  readonly cache: Pick<Cache, 'onProblem'>;
  readonly recorder: EventRecorder;
  /** The object that stands for this process when something goes wrong; undefined when there is none: the log has it in any case. */
  readonly subject: () => EventSubject | undefined;
}

/**
 * Records what this process may not read, or what is not there to be read, as Events on the object that stands for it.
 * Disposing the answer ends it.
 *
 * Guarantees: a problem is recorded once for one subject, however often it comes back, so that the permission to create
 * Events suffices.
 */
export function reportOwnProblems({ cache, recorder, subject }: OwnProblemsOptions): Disposable {
  return cache.onProblem((problem) => {
    const event = readProblemEvent(problem);
    const about = subject();
    if (event === undefined || about === undefined) return;
    const { verb, resource, namespace = '' } = problem;
    recorder.event(about, { ...event, idempotencyKey: `${verb} ${resource} ${namespace}` });
  });
}
