import type { ObjectReference } from '@kubewright/apimachinery';

/** One thing that happened to an object, before it is written down. */
export interface Occurrence {
  readonly involvedObject: ObjectReference;
  readonly type: 'Normal' | 'Warning';
  /** CamelCase word for programs. */
  readonly reason: string;
  /** Sentence for people. */
  readonly message: string;
}

/** What to do with an occurrence. */
export type Correlation =
  | { readonly type: 'create'; readonly key: string; readonly message: string }
  /** The same was written before: count it up. */
  | {
      readonly type: 'count';
      readonly key: string;
      readonly message: string;
      readonly eventName: string;
      readonly count: number;
      readonly firstTimestamp: string;
    }
  /** Too much about one object: not written at all. */
  | { readonly type: 'drop' };

/** Different messages of one reason within this time become one Event. As in client-go. */
const aggregationWindowMs = 10 * 60_000;
/** From this many different messages on. As in client-go. */
const maxSimilar = 10;
/** Events about one object: a burst of 25, then one in 5 minutes. As in client-go. */
const burst = 25;
const refillMs = 5 * 60_000;
/** Least recently used entries beyond this many are forgotten. As in client-go. */
const maxEntries = 4096;

interface Written {
  eventName: string;
  count: number;
  firstTimestamp: string;
}
interface Similar {
  readonly messages: Set<string>;
  lastMs: number;
}
interface Bucket {
  tokens: number;
  atMs: number;
}

/**
 * Decides what becomes of repeated Events: the same one is counted up, many similar ones are combined, and
 * an object that has too many is quiet for a while.
 */
export class EventCorrelator {
  /** Events written so far, by all that tells them apart. */
  readonly #written = new Map<string, Written>();
  /** Messages seen lately, by all that tells Events apart but the message. */
  readonly #similar = new Map<string, Similar>();
  /** What may still be written about an object. */
  readonly #buckets = new Map<string, Bucket>();

  /** Decides on one occurrence at a time given in milliseconds since the epoch. */
  correlate(occurrence: Occurrence, nowMs: number): Correlation {
    const { involvedObject: o, type, reason } = occurrence;
    const object = JSON.stringify([o.apiVersion, o.kind, o.namespace, o.name, o.uid]);
    const group = JSON.stringify([object, o.fieldPath, type, reason]);
    const similar = touch(this.#similar, group, () => ({
      messages: new Set<string>(),
      lastMs: nowMs,
    }));
    if (nowMs - similar.lastMs > aggregationWindowMs) similar.messages.clear();
    similar.lastMs = nowMs;
    if (similar.messages.size < maxSimilar) similar.messages.add(occurrence.message);
    const isCombined = similar.messages.size >= maxSimilar;
    const message = isCombined
      ? `(combined from similar events): ${occurrence.message}`
      : occurrence.message;
    const key = isCombined ? group : JSON.stringify([group, message]);
    if (!this.#take(object, nowMs)) return { type: 'drop' };
    const written = this.#written.get(key);
    if (written === undefined) return { type: 'create', key, message };
    return { type: 'count', key, message, ...written, count: written.count + 1 };
  }

  /** Notes what was written for a key, so that the next of it is counted up. */
  wrote(key: string, eventName: string, count: number, firstTimestamp: string): void {
    this.#written.delete(key);
    touch(this.#written, key, () => ({ eventName, count, firstTimestamp }));
  }

  /** Forgets an Event that has expired on the server. */
  forget(key: string): void {
    this.#written.delete(key);
  }

  #take(object: string, nowMs: number): boolean {
    const bucket = touch(this.#buckets, object, () => ({ tokens: burst, atMs: nowMs }));
    bucket.tokens = Math.min(burst, bucket.tokens + (nowMs - bucket.atMs) / refillMs);
    bucket.atMs = nowMs;
    if (bucket.tokens < 1) return false;
    bucket.tokens -= 1;
    return true;
  }
}

/** Reads or makes an entry and puts it last in line for being forgotten. */
function touch<V>(map: Map<string, V>, key: string, make: () => V): V {
  const value = map.get(key) ?? make();
  map.delete(key);
  map.set(key, value);
  if (map.size > maxEntries) {
    const oldest = map.keys().next();
    if (oldest.done !== true) map.delete(oldest.value);
  }
  return value;
}
