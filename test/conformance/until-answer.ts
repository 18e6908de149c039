import { setTimeout as pause } from 'node:timers/promises';
import { inspect } from 'node:util';
import { limitMs } from './until-object.ts';

const pauseMs = 20;

/**
 * Asks until the answer is as wanted, and returns it: for what a server decides by its caches, which no watch tells of.
 *
 * @throws Error with the last answer when it does not come to pass; what `ask` throws, at once.
 */
export async function untilAnswer<T>(
  ask: () => Promise<T>,
  isWanted: (answer: T) => boolean,
): Promise<T> {
  const deadline = Date.now() + limitMs;
  for (;;) {
    const answer = await ask();
    if (isWanted(answer)) return answer;
    if (Date.now() > deadline)
      throw new Error(`the answer does not come: the last was ${inspect(answer)}`);
    await pause(pauseMs);
  }
}

/** The error of a call, as a text; empty when there was none. */
export async function errorText(call: Promise<unknown>): Promise<string> {
  return call.then(
    () => '',
    (error: unknown) => String(error),
  );
}
