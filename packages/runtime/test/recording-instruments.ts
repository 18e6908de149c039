import {
  noInstruments,
  type Instruments,
  type InformerGauges,
  type NoopVerb,
  type QueueGauges,
  type QueuePriority,
  type ReconcileOutcome,
} from '../src/metrics/instruments.ts';

/** Instruments that keep what one queue, one controller and one informer report. */
export interface RecordingInstruments extends Instruments {
  queueGauges: QueueGauges | undefined;
  informerGauges: InformerGauges | undefined;
  readonly depths: Record<QueuePriority, number>;
  added: number;
  retried: number;
  readonly waited: number[];
  readonly worked: number[];
  readonly outcomes: ReconcileOutcome[];
  readonly activeWorkers: number[];
  maxConcurrent: number;
  failed: number;
  failedForGood: number;
  timedOut: number;
  readonly noopWrites: NoopVerb[];
  handlerFailures: number;
  readonly watchFailures: string[];
}

export function recordingInstruments(): RecordingInstruments {
  const record: RecordingInstruments = {
    queueGauges: undefined,
    informerGauges: undefined,
    depths: { normal: 0, low: 0 },
    added: 0,
    retried: 0,
    waited: [],
    worked: [],
    outcomes: [],
    activeWorkers: [],
    maxConcurrent: 0,
    failed: 0,
    failedForGood: 0,
    timedOut: 0,
    noopWrites: [],
    handlerFailures: 0,
    watchFailures: [],
    queue(_name, gauges) {
      record.queueGauges = gauges;
      return {
        depth: (depth, priority) => (record.depths[priority] = depth),
        added: () => record.added++,
        retried: () => record.retried++,
        waited: (seconds) => record.waited.push(seconds),
        worked: (seconds) => record.worked.push(seconds),
      };
    },
    controller: () => ({
      maxConcurrent: (workers) => (record.maxConcurrent = workers),
      activeWorkers: (workers) => record.activeWorkers.push(workers),
      reconciled: (outcome) => record.outcomes.push(outcome),
      failed: () => record.failed++,
      failedForGood: () => record.failedForGood++,
      timedOut: () => record.timedOut++,
      noopWrite: (verb) => record.noopWrites.push(verb),
    }),
    informer(identity, gauges) {
      record.informerGauges = gauges;
      return {
        ...noInstruments.informer(identity, gauges),
        failed: (verb, kind) => record.watchFailures.push(`${verb} ${kind}`),
        handlerFailed: () => record.handlerFailures++,
      };
    },
  };
  return record;
}
