import { EventsV1Event, isAlreadyExists } from '@kubewright/apimachinery';
import type { Clock } from '../clock/clock.ts';
import type { Logger } from '../logging/logger.ts';
import type { EventOutcome } from '../metrics/event-metrics.ts';
import { eventBody } from './event-body.ts';
import type { EventReporter } from './event-body.ts';
import type { EventInput, EventSubject } from './event-input.ts';
import type { EventClient, EventSink } from './event-sink.ts';

/** What a recorder works with. */
export interface EventRecorderOptions {
  readonly reporter: EventReporter;
  readonly sink: EventSink;
  readonly client: EventClient;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Told what became of each Event that the recorder itself handles. */
  readonly onOutcome?: ((outcome: EventOutcome) => void) | undefined;
}

/**
 * Records Events (events.k8s.io/v1) about objects, in the name of one component.
 *
 * @example
 * ```ts
 * recorder.event(database, { type: 'Normal', reason: 'DatabaseReady', note: 'all replicas are ready' });
 * ```
 */
export class EventRecorder {
  readonly #options: EventRecorderOptions;

  constructor(options: EventRecorderOptions) {
    this.#options = options;
  }

  /**
   * Records in the background. Never throws and never waits; identical Events within 6 minutes become one with a series;
   * what cannot be recorded is dropped, counted (`kubewright_events_total`) and logged.
   */
  event(subject: EventSubject, input: EventInput): void {
    const { sink, logger, onOutcome } = this.#options;
    let body: EventsV1Event;
    try {
      body = this.#bodyOf(subject, input);
    } catch (error) {
      onOutcome?.('invalid');
      logger.error('an Event could not be made', { reason: input.reason, error });
      return;
    }
    sink.offer(body, input.idempotencyKey !== undefined);
  }

  /**
   * Records a fact that happens once, and waits until the server has it: for reconcilers that go on only then. A repetition with the same key,
   * also by another process after a crash, succeeds and changes nothing.
   *
   * @throws StatusError, TransportError: the fact may not be recorded; reconcile again.
   * @throws TypeError when the subject cannot be referred to.
   */
  async ensure(
    subject: EventSubject,
    input: EventInput & { readonly idempotencyKey: string },
    options: { readonly signal?: AbortSignal } = {},
  ): Promise<'created' | 'exists'> {
    try {
      await this.#options.client.create(EventsV1Event, this.#bodyOf(subject, input), {
        ...(options.signal === undefined ? {} : { signal: options.signal }),
      });
    } catch (error) {
      if (isAlreadyExists(error)) return 'exists';
      throw error;
    }
    this.#options.onOutcome?.('created');
    return 'created';
  }

  #bodyOf(subject: EventSubject, input: EventInput): EventsV1Event {
    const { reporter, clock } = this.#options;
    return eventBody(reporter, subject, input, new Date(clock.now()));
  }
}
