import { isJsonObject, parseTime } from '@kubewright/apimachinery';

/**
 * How long after the newest thing in it a file is taken to have been written, in milliseconds. People save what fails
 * once they are sure that it does: a readiness probe of the usual timing is not, before 44 s have passed.
 */
const afterwardsMs = 60_000;

/** Fields whose time lies ahead of the moment they are written at. */
const futureFields: ReadonlySet<string> = new Set([
  'deletionTimestamp',
  'expirationTimestamp',
  'notAfter',
  'notBefore',
  'renewTime',
]);

/**
 * When objects that were read from a file were seen: a little after the newest time in them. A file does not say, and
 * to look at old objects as if they were of today would make everything stuck.
 *
 * @returns undefined when there is no time in them.
 */
export function momentOf(objects: readonly unknown[]): Date | undefined {
  let newestMs = Number.NEGATIVE_INFINITY;
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
      newestMs = Math.max(newestMs, deletionMs(value));
      for (const [name, item] of Object.entries(value)) open.push({ field: name, value: item });
    }
  }
  return Number.isFinite(newestMs) ? new Date(newestMs + afterwardsMs) : undefined;
}

/** A deletion was asked for its grace period before the time it carries. */
function deletionMs(metadata: Readonly<Record<string, unknown>>): number {
  const { deletionTimestamp, deletionGracePeriodSeconds } = metadata;
  if (typeof deletionTimestamp !== 'string') return Number.NEGATIVE_INFINITY;
  const graceSeconds =
    typeof deletionGracePeriodSeconds === 'number' ? deletionGracePeriodSeconds : 30;
  return timeMs(deletionTimestamp) - graceSeconds * 1000;
}

function timeMs(text: string): number {
  const ms = parseTime(text)?.getTime();
  // The kubelet writes the beginning of 1970, or Go's year 1, for a time it does not know.
  return ms === undefined || Number.isNaN(ms) || ms < 1 ? Number.NEGATIVE_INFINITY : ms;
}
