/**
 * Calls `create` for each of `count` objects in batches of 1, 2, 4, … and stops after the first batch in
 * which one failed, so that a quota or a broken webhook is not hit with a thousand calls that all fail.
 *
 * @returns how many were made, and the first error.
 */
export async function slowStart(
  count: number,
  create: () => Promise<void>,
): Promise<{ readonly made: number; readonly error: unknown }> {
  let made = 0;
  let batch = 1;
  for (let left = count; left > 0; batch *= 2) {
    const size = Math.min(left, batch);
    const results = await Promise.allSettled(Array.from({ length: size }, create));
    const failed = results.filter((result) => result.status === 'rejected');
    made += size - failed.length;
    if (failed[0] !== undefined) return { made, error: failed[0].reason };
    left -= size;
  }
  return { made, error: undefined };
}
