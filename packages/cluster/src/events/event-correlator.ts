import type { ObjectReference } from '@kubewright/apimachinery';

/** What is to be told of an object. */
export interface EventInput {
  readonly involvedObject: ObjectReference;
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly message: string;
}

/** What has to be written for one event. */
export type EventDecision =
  | {
      readonly kind: 'create';
      readonly event: EventInput;
      readonly firstMs: number;
      readonly lastMs: number;
      readonly count: number;
      readonly key: string;
    }
  | {
      readonly kind: 'repeat';
      readonly event: EventInput;
      readonly firstMs: number;
      readonly lastMs: number;
      readonly count: number;
      readonly key: string;
      readonly name: string;
    }
  | { readonly kind: 'drop' };

interface Seen {
  count: number;
  readonly firstMs: number;
  /** Name of the stored Event, once it is stored. */
  name: string | undefined;
}

interface Similar {
  /** Messages seen within the window. */
  readonly messages: Set<string>;
  lastMs: number;
}

interface Allowance {
  tokens: number;
  atMs: number;
}

/** Events of one type an object may cause at once, and the pause after which it may cause one more; as in client-go. */
const burst = 25;
const refillMs = 300_000;
/** More different messages than this within the window become one combined Event; as in client-go. */
const maxSimilar = 10;
const similarWindowMs = 600_000;
/** Keys remembered at most; the oldest are forgotten first. As in client-go. */
const maxKeys = 4096;

/**
 * Folds repeated events into counts and holds back what floods, as client-go's recorder does for a kubelet:
 * the same event again raises the count of the stored one; more than ten different messages of one reason
 * are combined; beyond 25 events of one type an object gets one more every five minutes (dropped ones still count).
 * Time is given by the caller: the correlator is pure.
 */
export class EventCorrelator {
  readonly #seen = new Map<string, Seen>();
  readonly #similar = new Map<string, Similar>();
  readonly #allowances = new Map<string, Allowance>();

  /** What to write for an event that happens now. */
  decide(input: EventInput, nowMs: number): EventDecision {
    const { event, key } = this.#combine(input, nowMs);
    const seen = this.#seen.get(key) ?? { count: 0, firstMs: nowMs, name: undefined };
    seen.count += 1;
    remember(this.#seen, key, seen);
    if (!this.#allow(event, nowMs)) return { kind: 'drop' };
    const { count, firstMs, name } = seen;
    const parts = { event, firstMs, lastMs: nowMs, count, key };
    return name === undefined ? { kind: 'create', ...parts } : { kind: 'repeat', ...parts, name };
  }

  /** The Event of a decision was stored under this name. */
  stored(key: string, name: string): void {
    const seen = this.#seen.get(key);
    if (seen !== undefined) seen.name = name;
  }

  /** The stored Event of a decision is gone: the next one is created anew. */
  lost(key: string): void {
    const seen = this.#seen.get(key);
    if (seen !== undefined) seen.name = undefined;
  }

  /** The event as it is told, and what it is counted by: all that is combined is one Event, with the latest message. */
  #combine(event: EventInput, nowMs: number): { event: EventInput; key: string } {
    const key = keyOf(event, '');
    let similar = this.#similar.get(key);
    if (similar === undefined || nowMs - similar.lastMs > similarWindowMs) {
      similar = { messages: new Set(), lastMs: nowMs };
    }
    similar.lastMs = nowMs;
    similar.messages.add(event.message);
    remember(this.#similar, key, similar);
    if (similar.messages.size < maxSimilar) return { event, key: keyOf(event, event.message) };
    // The set need not grow further once everything is combined.
    const [oldest] = similar.messages;
    if (oldest !== undefined) similar.messages.delete(oldest);
    const message = `(combined from similar events): ${event.message}`;
    return { event: { ...event, message }, key };
  }

  #allow(event: EventInput, nowMs: number): boolean {
    const { kind, namespace, name, uid } = event.involvedObject;
    const key = [kind, namespace, name, uid, event.type].join('/');
    const allowance = this.#allowances.get(key) ?? { tokens: burst, atMs: nowMs };
    allowance.tokens = Math.min(burst, allowance.tokens + (nowMs - allowance.atMs) / refillMs);
    allowance.atMs = nowMs;
    remember(this.#allowances, key, allowance);
    if (allowance.tokens < 1) return false;
    allowance.tokens -= 1;
    return true;
  }
}

function keyOf(event: EventInput, message: string): string {
  const { kind, namespace, name, uid, fieldPath } = event.involvedObject;
  return JSON.stringify([kind, namespace, name, uid, fieldPath, event.type, event.reason, message]);
}

function remember<V>(map: Map<string, V>, key: string, value: V): void {
  map.delete(key);
  map.set(key, value);
  if (map.size <= maxKeys) return;
  const [oldest] = map.keys();
  if (oldest !== undefined) map.delete(oldest);
}
