import { isConflict } from '@kubewright/apimachinery';
import type { AgentOptions } from './agent-options.ts';
import { readCredentials, type Credentials } from './credentials.ts';
import { decide } from './decide.ts';
import { readRecord, type LeaderRecord } from './leader-record.ts';
import { Leadership } from './leadership.ts';
import { LeaseKeeper } from './lease-keeper.ts';
import { LocalServer } from './local-server.ts';
import type { LocalState } from './local-state.ts';
import { Peers } from './peers.ts';
import { PodRoles } from './pod-roles.ts';
import { Rejoining } from './rejoining.ts';
import type { Round } from './round.ts';
import { connectionString, type PrimaryAddress } from './server-config.ts';
import { ServerWishes } from './server-wishes.ts';
import { uptimeHundredths } from './uptime.ts';

/** What an agent is doing, for probes and metrics. */
export interface AgentReport {
  readonly local: LocalState;
  readonly record: LeaderRecord;
  readonly isLeader: boolean;
  /** Why it is not ready to serve; empty when it is. */
  readonly trouble: string;
}

/** An agent that gave the lease back because its server was unwell leaves it to the others for so long, in milliseconds. */
const restMs = 60_000;

/**
 * The agent of one pod: agrees with the others on the primary by a Lease, and has the entry program run the server accordingly.
 *
 * Guarantees: the server may write only while a lease that this agent renewed has at least 30 % of its duration to go, and
 * only when the Lease names this pod as its primary. Nothing here needs the operator.
 */
export class Agent {
  readonly #options: AgentOptions;
  readonly #lease: LeaseKeeper;
  readonly #server: LocalServer;
  readonly #wishes: ServerWishes;
  readonly #roles: PodRoles;
  readonly #peers: Peers;
  readonly #leadership: Leadership;
  readonly #rejoining: Rejoining;
  #unwellSinceMs: number | undefined;
  #restsUntilMs = 0;
  /** Whether the server was last configured for TLS; undefined: it was not yet. */
  #usesTls: boolean | undefined;
  #report: AgentReport | undefined;
  #roundEndedMs: number | undefined;

  constructor(options: AgentOptions) {
    const { name, client, namespace, control, logger, times, clock } = options;
    this.#options = options;
    this.#lease = new LeaseKeeper(options);
    this.#server = new LocalServer({
      control,
      timeoutMs: Math.max(1_000, times.retryPeriodMs),
      logger,
    });
    this.#wishes = new ServerWishes(options);
    this.#roles = new PodRoles(client, namespace, name);
    this.#peers = new Peers(options, this.#roles);
    this.#leadership = new Leadership({
      options,
      lease: this.#lease,
      server: this.#server,
      wishes: this.#wishes,
      roles: this.#roles,
    });
    this.#rejoining = new Rejoining(clock);
  }

  /** When the last round ended, in good order or not, by the monotonic clock; undefined before the first has. */
  get roundEndedMs(): number | undefined {
    return this.#roundEndedMs;
  }

  /** What the last round found that ended in good order; undefined before the first. */
  get report(): AgentReport | undefined {
    return this.#report;
  }

  /** Does something with a connection of the superuser to the own server. */
  get server(): LocalServer {
    return this.#server;
  }

  /** Works until told to stop; then gives the lease back, if the server has ended. */
  async run(signal: AbortSignal): Promise<void> {
    const { control, times, clock, logger } = this.#options;
    await control.open();
    while (!signal.aborted) {
      let again = false;
      try {
        again = await this.#round(signal);
      } catch (error) {
        // Whatever it is, the fence does not depend on it: without a renewal the permission to write runs out.
        if (!isAborted(signal)) logger.warn('a round failed', { error });
      }
      this.#roundEndedMs = clock.monotonicMs();
      if (!again) await clock.after(times.retryPeriodMs, signal).catch(() => undefined);
    }
    await this.#lease.giveBackAtTheEnd().catch((error: unknown) => {
      logger.warn('the lease was not given back', { error });
    });
    await this.#server.close();
  }

  /** One look at everything. Whether the next one should follow at once. */
  async #round(stop: AbortSignal): Promise<boolean> {
    const { clock, logger, name } = this.#options;
    const round = await this.#look(stop);
    const { record, local } = round;
    const decision = decide({
      name,
      identity: this.#lease.identity,
      record,
      isExpired: this.#lease.isExpired(record),
      local,
      unwellMs: this.#unwellMs(record, local),
      isResting: clock.monotonicMs() < this.#restsUntilMs,
    });
    if (decision.type !== 'lead') this.#stepDown();
    let trouble = '';
    let again = false;
    switch (decision.type) {
      case 'lead':
        trouble = await this.#leadership.lead(round, this.#rejoining.attempt);
        break;
      case 'release':
        logger.warn('giving the lease back', { why: decision.why });
        this.#restsUntilMs = clock.monotonicMs() + restMs;
        await this.#wishes.want({ role: 'none' }, round);
        await this.#lease.release(round);
        trouble = decision.why;
        break;
      case 'contend':
        again = await this.#contend(round);
        trouble = 'is about to become the primary';
        break;
      case 'follow':
        trouble = await this.#follow(round, decision.address);
        break;
      case 'refuse':
        logger.error('refusing the data of the volume', { why: decision.why });
        await this.#wishes.want({ role: 'none' }, round);
        trouble = decision.why;
        break;
      default:
        decision satisfies never;
    }
    const isLeader = decision.type === 'lead';
    if (trouble !== '' && trouble !== this.#report?.trouble) logger.info('not ready', { trouble });
    this.#report = { local, record, isLeader, trouble };
    return again;
  }

  async #look(stop: AbortSignal): Promise<Round> {
    const { times, secretsFolder } = this.#options;
    // A server that does not answer must not keep the next round from being tried.
    const signal = AbortSignal.any([stop, AbortSignal.timeout(times.leaseDurationMs / 3)]);
    const credentials = await readCredentials(secretsFolder);
    const sentAt = await uptimeHundredths();
    const lease = await this.#lease.read(signal);
    const record = this.#withCertificates(readRecord(lease), credentials);
    this.#leadership.beforeLook();
    const local = await this.#server.look();
    return { lease, record, local, credentials, sentAt, signal };
  }

  /** Takes the lease, unless another that may have it has more of the log. */
  async #contend(round: Round): Promise<boolean> {
    const { name, logger } = this.#options;
    const { record } = round;
    if (record.primary !== name) {
      const other = await this.#peers.furtherSuccessor(round);
      if (other !== undefined) {
        logger.info('another standby has more of the log', { other });
        return false;
      }
    }
    try {
      await this.#lease.hold(round, { ...record, address: undefined });
    } catch (error) {
      if (!isConflict(error)) throw error;
      logger.info('another agent was faster');
      return false;
    }
    return true;
  }

  /** Is a standby of the primary. */
  async #follow(round: Round, host: string | undefined): Promise<string> {
    const { domain, name } = this.#options;
    const { record, local, signal } = round;
    await this.#roles.keep('replica', signal);
    const { primary } = record;
    if (host === undefined || primary === undefined || primary === name) {
      const wish = { role: 'standby', source: '', rejoin: this.#rejoining.attempt } as const;
      await this.#wishes.want(wish, round);
      return 'there is no primary that takes writes';
    }
    const source: PrimaryAddress = { host, serverName: `${primary}.${domain}` };
    const isEntitled = record.successors.includes(name);
    const rejoin = await this.#rejoining.next(local, isEntitled, async () => {
      const view = await this.#peers.look(host, primary, round);
      return view?.type === 'primary';
    });
    const from = connectionString(record.settings, source);
    await this.#wishes.want({ role: 'standby', source: from, rejoin }, round, { source });
    if (local.server?.type === 'standby' && local.server.isStreaming) return '';
    return local.failedStep === ''
      ? 'does not stream from the primary yet'
      : `does not stream from the primary: ${local.failedStep} failed`;
  }

  /** TLS begins when the certificates are there: the kubelet mounts them some time after the spec asks for it. */
  #withCertificates(record: LeaderRecord, credentials: Credentials): LeaderRecord {
    const { settings } = record;
    if (!settings.tls || credentials.tls !== undefined) {
      this.#usesTls = settings.tls;
      return record;
    }
    // One that never ran without TLS must not do so now.
    if (this.#usesTls === undefined) throw new Error('the certificates are not mounted yet');
    return { ...record, settings: { ...settings, tls: this.#usesTls } };
  }

  #stepDown(): void {
    this.#leadership.stepDown();
    this.#unwellSinceMs = undefined;
  }

  /** For how long the server of this leader has not answered. */
  #unwellMs(record: LeaderRecord, local: LocalState): number {
    const now = this.#options.clock.monotonicMs();
    if (record.holder !== this.#lease.identity || local.server !== undefined) {
      this.#unwellSinceMs = undefined;
      return 0;
    }
    this.#unwellSinceMs ??= now;
    return now - this.#unwellSinceMs;
  }
}

/** A signal changes while others work, which the compiler does not expect. */
function isAborted(signal: AbortSignal): boolean {
  return signal.aborted;
}
