import { formatMicroTime } from '@kubewright/apimachinery';
import type { EventsV1Event } from '@kubewright/apimachinery';
import { deterministicEventName, uniqueEventName } from './event-name.ts';
import type { EventInput, EventSubject } from './event-input.ts';
import { referenceTo } from './object-reference.ts';
import { truncateBytes } from './truncate-bytes.ts';

/** Longest note, in bytes (validation of events.k8s.io/v1). */
const maxNoteBytes = 1024;

/** Longest reason, action and reporting instance, in bytes (validation of events.k8s.io/v1). */
const maxWordBytes = 128;

/** Who reports. */
export interface EventReporter {
  /** Name of the controller: a qualified name such as `pod-diagnoser` or `example.com/pod-diagnoser`. */
  readonly controller: string;
  /** Name of the process, such as its host name. */
  readonly instance: string;
}

/**
 * The Event as it is sent.
 *
 * @throws TypeError when the subject cannot be referred to.
 */
export function eventBody(
  reporter: EventReporter,
  subject: EventSubject,
  input: EventInput,
  date: Date,
): EventsV1Event {
  const regarding = referenceTo(subject, input.fieldPath);
  const name = regarding.name ?? '';
  const { idempotencyKey } = input;
  return {
    apiVersion: 'events.k8s.io/v1',
    kind: 'Event',
    metadata: {
      name:
        idempotencyKey === undefined
          ? uniqueEventName(name)
          : deterministicEventName(name, [
              regarding.uid ?? '',
              input.type,
              input.reason,
              idempotencyKey,
            ]),
      // Events of cluster-scoped objects live in this namespace; the server refuses others.
      namespace: regarding.namespace ?? 'default',
    },
    eventTime: formatMicroTime(date),
    type: input.type,
    reason: truncateBytes(input.reason, maxWordBytes),
    action: truncateBytes(input.action ?? input.reason, maxWordBytes),
    note: truncateBytes(input.note, maxNoteBytes),
    reportingController: reporter.controller,
    reportingInstance: truncateBytes(reporter.instance, maxWordBytes),
    regarding,
    ...(input.related === undefined ? {} : { related: referenceTo(input.related) }),
  };
}
