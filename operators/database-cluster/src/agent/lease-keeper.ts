import { Lease, type Stored } from '@kubewright/apimachinery';
import type { AgentOptions } from './agent-options.ts';
import { claimedLease, readRecord, type Claim, type LeaderRecord } from './leader-record.ts';
import { LeaseObserver } from './lease-observer.ts';
import type { Round } from './round.ts';

/** Reads the Lease of the cluster, and writes what this agent claims in it. */
export class LeaseKeeper {
  /** What this agent calls itself: differs for every pod that ever is. */
  readonly identity: string;
  readonly #options: AgentOptions;
  readonly #observer = new LeaseObserver();

  constructor(options: AgentOptions) {
    this.#options = options;
    this.identity = `${options.name}_${options.uid}`;
  }

  async read(signal: AbortSignal): Promise<Stored<Lease>> {
    const { client, namespace, leaseName } = this.#options;
    return client.get(Lease, { namespace, name: leaseName }, { signal });
  }

  /** Whether the holder has let the lease run out. To be called with each record that is read. */
  isExpired(record: LeaderRecord): boolean {
    return this.#observer.isExpired(record, this.#options.clock.monotonicMs());
  }

  /** Takes or renews the lease, if it is still as it was read. @throws StatusError, a conflict when it is not */
  async hold({ lease, signal }: Pick<Round, 'lease' | 'signal'>, claim: Claim): Promise<void> {
    await this.#write(lease, this.identity, claim, signal);
  }

  /** Gives the lease back, to be taken by a successor at once. */
  async release({
    lease,
    record,
    signal,
  }: Pick<Round, 'lease' | 'record' | 'signal'>): Promise<void> {
    await this.#write(lease, undefined, { ...record, address: undefined }, signal);
  }

  /** At the end of the agent: a server that ended in good order leaves the lease free at once. */
  async giveBackAtTheEnd(): Promise<void> {
    const { control, logger } = this.#options;
    const told = await control.told();
    if (told['server'] !== 'none') return;
    const signal = AbortSignal.timeout(this.#options.times.leaseDurationMs);
    const lease = await this.read(signal);
    const record = readRecord(lease);
    if (record.holder !== this.identity) return;
    await this.release({ lease, record, signal });
    logger.info('the lease was given back');
  }

  async #write(
    lease: Stored<Lease>,
    holder: string | undefined,
    claim: Claim,
    signal: AbortSignal,
  ): Promise<void> {
    const { client, times } = this.#options;
    const claimed = claimedLease(lease, holder, claim, times.leaseDurationMs, new Date());
    await client.update(Lease, claimed, { signal });
  }
}
