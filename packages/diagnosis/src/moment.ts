import { isJsonObject, parseTime } from '@kubewright/apimachinery';
import type { Moment } from './model/index.ts';

/**
 * How long after the newest thing in it a file is taken to have been written, in milliseconds. Who writes one has seen
 * something that lasted.
 */
const afterwardsMs = 75_000;

/** Fields whose time lies ahead of the moment they are written at. */
const futureFields: ReadonlySet<string> = new Set([
  'deletionTimestamp',
  'expirationTimestamp',
  'notAfter',
  'notBefore',
  'renewTime',
]);

/** A file whose newest time is at most so old is one of now: it was piped in, or has just been saved. */
const freshMs = 3_600_000;

/**
 * When objects that were read from a file were seen. A file does not say: one with something of the last hour is taken to
 * be of now, an older one to be of a little after the newest time in it. To look at old objects as if they were of today
 * would make everything stuck, or long healed.
 *
 * @param clock - The present moment.
 * @returns undefined when there is no time in them.
 */
export function momentOf(objects: readonly unknown[], clock: Date): Moment | undefined {
  let newestMs = Number.NEGATIVE_INFINITY;
  const graceEndsMs: number[] = [];
  // Without recursion, so that any input can be asked about.
  const open: { readonly field: string; readonly value: unknown }[] = objects.map((value) => ({
    field: '',
    value,
  }));
  for (let entry = open.pop(); entry !== undefined; entry = open.pop()) {
    const { field, value } = entry;
    if (typeof value === 'string') {
      if (!/(?:time|timestamp|At)$/i.test(field) || futureFields.has(field)) continue;
      newestMs = Math.max(newestMs, timeMs(value));
    } else if (Array.isArray(value)) {
      for (const item of value) open.push({ field, value: item });
    } else if (isJsonObject(value)) {
      const grace = graceOf(value);
      if (grace !== undefined) {
        newestMs = Math.max(newestMs, grace.beginMs);
        graceEndsMs.push(grace.endMs);
      }
      for (const [name, item] of Object.entries(value)) open.push({ field: name, value: item });
    }
  }
  if (!Number.isFinite(newestMs)) return undefined;
  const ageMs = clock.getTime() - newestMs;
  if (ageMs >= 0 && ageMs <= freshMs) return { now: clock };
  // What is being deleted was seen within its grace period, unless something in the file is later.
  const withinMs = graceEndsMs.filter((endMs) => endMs > newestMs);
  return {
    now: new Date(Math.min(newestMs + afterwardsMs, ...withinMs)),
    earliest: new Date(newestMs),
  };
}

/** A deletion carries the end of its grace period; it was asked for that much earlier. */
function graceOf(
  metadata: Readonly<Record<string, unknown>>,
): { readonly beginMs: number; readonly endMs: number } | undefined {
  const { deletionTimestamp, deletionGracePeriodSeconds } = metadata;
  if (typeof deletionTimestamp !== 'string') return undefined;
  const endMs = timeMs(deletionTimestamp);
  if (!Number.isFinite(endMs)) return undefined;
  const seconds = typeof deletionGracePeriodSeconds === 'number' ? deletionGracePeriodSeconds : 30;
  return { beginMs: endMs - seconds * 1000, endMs };
}

function timeMs(text: string): number {
  const ms = parseTime(text)?.getTime();
  // The kubelet writes the beginning of 1970, or Go's year 1, for a time it does not know.
  return ms === undefined || Number.isNaN(ms) || ms < 1 ? Number.NEGATIVE_INFINITY : ms;
}
