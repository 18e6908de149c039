import { EventsV1Event, type KubernetesObject, type Stored } from '@kubewright/apimachinery';
import { truncateBytes, type Cached, type Clock, type ReconcileContext } from '@kubewright/runtime';

/** How long what was read of a namespace is taken for true, in milliseconds. */
const freshMs = 30_000;
/** Most Events that are read of a namespace at a time: what thousands of Jobs leave in an hour. */
const maxEvents = 10_000;
/** Longest text that is kept; an Event of events.k8s.io has no longer one. */
const maxTextBytes = 1_024;

/** The newest refusal of a Job. */
interface Refusal {
  readonly atMs: number;
  readonly text: string;
}

interface Reading {
  readonly readAtMs: number;
  /** By the uid of the Job. */
  readonly refusals: ReadonlyMap<string, Refusal>;
}

/**
 * What the API said when the pods of Jobs were to be made. The controller of Jobs has no place for it in their status; it
 * tells it in Events `FailedCreate` alone, of whatever refuses: a quota, a LimitRange, Pod Security, a webhook, a missing
 * ServiceAccount.
 *
 * The Events of a namespace are asked for when a Job of it wants to know, and for all its Jobs at once: thousands that are
 * refused cost one list in {@link freshMs}, and where all is well nothing is read.
 */
export class PodRefusals {
  readonly #clock: Clock;
  /** By namespace. Invariant: none is older than {@link freshMs} at the last reading. */
  readonly #readings = new Map<string, Reading>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * What was said last of the pods of a Job; undefined when nothing was, or when Events cannot be read.
   *
   * Assumption: the Job has had no pod. Of one that had, an Event may tell of what is long over.
   */
  async of(
    { metadata: { namespace = '', uid } }: Cached<KubernetesObject>,
    context: Pick<ReconcileContext, 'client' | 'logger' | 'signal'>,
  ): Promise<string | undefined> {
    const nowMs = this.#clock.monotonicMs();
    for (const [each, { readAtMs }] of this.#readings) {
      if (nowMs - readAtMs >= freshMs) this.#readings.delete(each);
    }
    let reading = this.#readings.get(namespace);
    if (reading === undefined) {
      reading = { readAtMs: nowMs, refusals: await read(namespace, context) };
      this.#readings.set(namespace, reading);
    }
    return reading.refusals.get(uid)?.text;
  }
}

async function read(
  namespace: string,
  { client, logger, signal }: Pick<ReconcileContext, 'client' | 'logger' | 'signal'>,
): Promise<ReadonlyMap<string, Refusal>> {
  const refusals = new Map<string, Refusal>();
  const fieldSelector = 'reason=FailedCreate,regarding.kind=Job';
  let count = 0;
  try {
    for await (const event of client.listAll(EventsV1Event, { namespace, fieldSelector, signal })) {
      const uid = event.regarding?.uid ?? '';
      const atMs = lastSeenMs(event);
      const known = refusals.get(uid);
      if (known === undefined || known.atMs <= atMs) {
        refusals.set(uid, { atMs, text: refusalText(event.note ?? '') });
      }
      if (++count === maxEvents) break;
    }
  } catch (error) {
    if (signal.aborted) throw error;
    // It is about telling alone: nothing of the work fails for it.
    logger.warn('Events could not be read, and nothing else tells why Jobs get no pods', { error });
  }
  return refusals;
}

function lastSeenMs({ series, deprecatedLastTimestamp, metadata }: Stored<EventsV1Event>): number {
  // The controller of Jobs writes Events in the old form, which has its own time and no series.
  return Date.parse(
    series?.lastObservedTime ?? deprecatedLastTimestamp ?? metadata.creationTimestamp,
  );
}

/**
 * What the server said, of the note about it. Each try has another name for the pod: the end that was made up is left out, as
 * the server does itself while there is none, or the condition would change with each try.
 */
function refusalText(note: string): string {
  const text = note
    .replace(/^\(combined from similar events\): /, '')
    .replace(/^Error creating: /, '')
    .replace(/^(pods? ")([^"]*)[a-z0-9]{5}"/i, '$1$2"');
  return truncateBytes(text, maxTextBytes);
}
