import type { FakeClock } from '@kubewright/runtime/testing';
import type { RunningEchoOperator } from './echo-world.ts';

/** Lets time pass until it is so, so slowly that requests are answered in next to no time. */
export async function advanceUntil(
  clock: FakeClock,
  isSo: () => boolean | Promise<boolean>,
): Promise<void> {
  while (!(await isSo())) {
    await clock.advance(250);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

/** What goes to the server while a minute goes by. */
export async function inAMinute(
  { transport }: RunningEchoOperator,
  clock: FakeClock,
): Promise<string[]> {
  const { reads, writes } = transport;
  const [readsBefore, writesBefore] = [reads.length, writes.length];
  const since = clock.now();
  await advanceUntil(clock, () => clock.now() - since >= 60_000);
  return [...reads.slice(readsBefore), ...writes.slice(writesBefore)].filter(
    // The lists of informers come with time, however good the objects are.
    (request) => !request.includes('resourceVersionMatch='),
  );
}
