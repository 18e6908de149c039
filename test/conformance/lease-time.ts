import { setImmediate as turn } from 'node:timers/promises';
import { Client } from '@kubewright/client';
import { CountedTransport } from '@kubewright/cluster';
import { FakeClock } from '@kubewright/runtime/testing';

/** How much time passes at once, in milliseconds: less than any time of an election. */
const stepMs = 50;

/**
 * The time of an election against a real server. It passes only while a test lets it, and stands still while a request about a
 * lease is under way: nobody loses a lease because the machine is busy, and nobody waits for one to expire.
 */
export class LeaseTime {
  readonly clock: FakeClock = new FakeClock();
  readonly #transports: CountedTransport[] = [];

  /** A client as the given one, whose requests about leases time waits for. */
  clientOf({ transport }: Client): Client {
    const counted = new CountedTransport(transport, /\/leases/);
    this.#transports.push(counted);
    return new Client({ transport: counted });
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
      if (this.#transports.every(({ underWay }) => underWay === 0))
        await this.clock.advance(stepMs);
    }
    return outcome;
  }
}
