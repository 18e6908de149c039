import { setImmediate as turn } from 'node:timers/promises';
import { Client } from '@kubewright/client';
import { FakeClock } from '@kubewright/runtime/testing';

/** How much time passes at once, in milliseconds: less than any time of an election. */
const stepMs = 50;

/**
 * The time of an election against a real server. It passes only while a test lets it, and stands still while a request about a
 * lease is under way: nobody loses a lease because the machine is busy, and nobody waits for one to expire.
 */
export class LeaseTime {
  readonly clock: FakeClock = new FakeClock();
  /** Requests about leases that are not answered. */
  #underWay = 0;

  /** A client as the given one, whose requests time waits for. */
  clientOf({ transport }: Client): Client {
    return new Client({
      transport: {
        request: async (request) => {
          const isAboutLeases = request.path.includes('/leases');
          if (isAboutLeases) this.#underWay += 1;
          try {
            return await transport.request(request);
          } finally {
            if (isAboutLeases) this.#underWay -= 1;
          }
        },
        webSocket: (request) => transport.webSocket(request),
        close: async () => Promise.resolve(), // whoever made the given one closes it
      },
    });
  }

  /** Lets time pass until something has come to pass, or failed. */
  async passUntil<T>(outcome: Promise<T>): Promise<T> {
    let isSettled = false;
    const settled = (): void => {
      isSettled = true;
    };
    outcome.then(settled, settled);
    while (!isSettled) {
      await turn();
      if (this.#underWay === 0) await this.clock.advance(stepMs);
    }
    return outcome;
  }
}
