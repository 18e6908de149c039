import type { EventsV1Event } from '@kubewright/apimachinery';

/** Identical Events this close to each other are one series, in milliseconds; 6 minutes, as in client-go. */
export const seriesGapMs = 6 * 60_000;

/** Shortest time between two writes of one series, in milliseconds, except for the first repetition, which is written at once. */
export const seriesWriteMs = 30_000;

/** Most series that are remembered at once; the one that was quiet longest is forgotten first. */
const defaultMaxSeries = 4096;

/** An Event that may have repeated. */
export interface EventSeries {
  /** As it was first seen; its name is that of the object on the server. */
  event: EventsV1Event;
  /** How often it was seen. */
  count: number;
  lastObserved: Date;
  lastObservedMs: number;
  /** How often the server knows of; 0 before it was created. */
  writtenCount: number;
  writtenMs: number;
  /** It waits in a queue or is being written: not to be put there again. */
  isQueued: boolean;
}

/** Finds identical Events, and knows which of them the server has yet to be told of. */
export class SeriesIndex {
  // Ordered by last occurrence.
  readonly #series = new Map<string, EventSeries>();
  readonly #maxSeries: number;

  constructor(options: { readonly maxSeries?: number } = {}) {
    this.#maxSeries = options.maxSeries ?? defaultMaxSeries;
  }

  /** Series that are remembered. */
  get size(): number {
    return this.#series.size;
  }

  /** The running series of an identical Event, with this occurrence counted; undefined when there is none. */
  repeat(event: EventsV1Event, date: Date, nowMs: number): EventSeries | undefined {
    const key = identityOf(event);
    const series = this.#series.get(key);
    if (series === undefined) return undefined;
    this.#series.delete(key);
    if (nowMs - series.lastObservedMs >= seriesGapMs) return undefined;
    series.count += 1;
    series.lastObserved = date;
    series.lastObservedMs = nowMs;
    this.#series.set(key, series);
    return series;
  }

  /** Begins a series with its first Event. */
  begin(event: EventsV1Event, date: Date, nowMs: number): EventSeries {
    const series: EventSeries = {
      event,
      count: 1,
      lastObserved: date,
      lastObservedMs: nowMs,
      writtenCount: 0,
      writtenMs: nowMs,
      isQueued: false,
    };
    this.#series.set(identityOf(event), series);
    if (this.#series.size > this.#maxSeries) {
      const [oldest] = this.#series.keys();
      if (oldest !== undefined) this.#series.delete(oldest);
    }
    return series;
  }

  /** Forgets a series, so that the next occurrence is a new Event. */
  forget(series: EventSeries): void {
    const key = identityOf(series.event);
    if (this.#series.get(key) === series) this.#series.delete(key);
  }

  /** Those with occurrences that the server should be told of now; all of them when `everything`. Forgets what has ended. */
  takeDue(nowMs: number, everything = false): EventSeries[] {
    const due: EventSeries[] = [];
    for (const [key, series] of this.#series) {
      const isDirty = series.writtenCount > 0 && series.count > series.writtenCount;
      const hasEnded = nowMs - series.lastObservedMs >= seriesGapMs;
      if (isDirty && !series.isQueued && (everything || dueAt(series) <= nowMs)) due.push(series);
      else if (hasEnded && !isDirty && !series.isQueued) this.#series.delete(key);
    }
    return due;
  }

  /** When the next series is due, or can be forgotten, in milliseconds on the same clock; undefined when nothing is. */
  get nextDueMs(): number | undefined {
    let next: number | undefined;
    for (const series of this.#series.values()) {
      if (series.isQueued) continue;
      const isDirty = series.writtenCount > 0 && series.count > series.writtenCount;
      const at = isDirty ? dueAt(series) : series.lastObservedMs + seriesGapMs;
      if (next === undefined || at < next) next = at;
    }
    return next;
  }
}

/** When a series with unwritten occurrences is to be written: the first repetition at once, later ones with a pause. */
function dueAt(series: EventSeries): number {
  return series.writtenCount <= 1 ? series.writtenMs : series.writtenMs + seriesWriteMs;
}

// Everything that a person would see differ. The times and the name are what makes each occurrence its own, and stay out;
// the resourceVersion of the subject too, which changes for reasons that have nothing to do with the Event.
function identityOf(event: EventsV1Event): string {
  const { regarding, related } = event;
  return JSON.stringify([
    event.type,
    event.reason,
    event.action,
    event.note,
    event.reportingController,
    event.reportingInstance,
    [
      regarding?.apiVersion,
      regarding?.kind,
      regarding?.namespace,
      regarding?.name,
      regarding?.uid,
      regarding?.fieldPath,
    ],
    [related?.apiVersion, related?.kind, related?.namespace, related?.name, related?.uid],
  ]);
}
