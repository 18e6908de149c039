import { isConflict, Lease, type Stored } from '@kubewright/apimachinery';
import type { Client } from '@kubewright/client';
import { Checkpoint } from './checkpoint.ts';
import type { Clock, Logger } from '@kubewright/runtime';
import type { ControlFolder, Wish } from './control-folder.ts';
import { readCredentials, type Credentials } from './credentials.ts';
import { withSession } from './database-session.ts';
import { decide } from './decide.ts';
import { ensureRoles } from './ensure-roles.ts';
import { fenceFraction } from './fence.ts';
import { claimedLease, readRecord, type Claim, type LeaderRecord } from './leader-record.ts';
import { LeaseObserver } from './lease-observer.ts';
import { LocalServer } from './local-server.ts';
import type { LocalState } from './local-state.ts';
import { firstSyncState, isCandidate, planLeadership } from './plan-leadership.ts';
import { PodRoles } from './pod-roles.ts';
import { Rejoining } from './rejoining.ts';
import {
  connectionString,
  hostBasedAuthentication,
  internalRoles,
  passwordFile,
  postgresConfig,
  type PrimaryAddress,
} from './server-config.ts';
import { lookAtServer, systemIdentifier } from './server-queries.ts';
import { configuredNames, nextSyncState, type SyncState } from './synchronous-standby.ts';
import { uptimeHundredths } from './uptime.ts';

/** How long the parts of a failover take. */
export interface AgentTimes {
  /** How long others wait after the last renewal, in milliseconds. Default 15,000. */
  readonly leaseDurationMs: number;
  /** Pause between rounds, in milliseconds. Default 2000. */
  readonly retryPeriodMs: number;
}

/** What an {@link Agent} works with. */
export interface AgentOptions {
  /** Name of the pod; what the standby is called in PostgreSQL too. */
  readonly name: string;
  /** uid of the pod. */
  readonly uid: string;
  readonly namespace: string;
  /** Address of the pod. */
  readonly address: string;
  /** The Lease in which the agents of the cluster agree. */
  readonly leaseName: string;
  /** Domain in which pods are named, such as `db-pods.default.svc`. */
  readonly domain: string;
  readonly client: Client;
  readonly control: ControlFolder;
  /** Folder with the mounted Secrets. */
  readonly secretsFolder: string;
  readonly times: AgentTimes;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** What an agent is doing, for probes and metrics. */
export interface AgentReport {
  readonly local: LocalState;
  readonly record: LeaderRecord;
  readonly isLeader: boolean;
  /** Why it is not ready to serve; empty when it is. */
  readonly trouble: string;
  /** When the round ended, by the monotonic clock. */
  readonly atMs: number;
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
  readonly #identity: string;
  readonly #server: LocalServer;
  readonly #roles: PodRoles;
  readonly #observer = new LeaseObserver();
  readonly #rejoining: Rejoining;
  #sync: SyncState = { type: 'off' };
  /** Whether the checkpoint of the state `settling` had ended before this round looked at the server. */
  #wasSettled = false;
  /** Whether the last claim, with what the synchronous state publishes, has been written. */
  #isPublished = false;
  #isLeader = false;
  /** Whether the wish that was written last lets the server write without end. */
  #isUnfenced = false;
  #unwellSinceMs: number | undefined;
  #restsUntilMs = 0;
  /** Makes the timeline of this primary known to those who rewind: they read it from the control file, which a promotion alone does not write. */
  readonly #announcement: Checkpoint;
  /** See {@link nextSyncState}. */
  readonly #settlement: Checkpoint;
  /** Whether the server was last configured for TLS; undefined: it was not yet. */
  #usesTls: boolean | undefined;
  /** What the roles of the database were last made from. */
  #rolesOf = '';
  #report: AgentReport | undefined;

  constructor(options: AgentOptions) {
    const { name, uid, client, namespace, control, logger, times, clock } = options;
    this.#options = options;
    this.#identity = `${name}_${uid}`;
    this.#server = new LocalServer({
      control,
      timeoutMs: Math.max(1_000, times.retryPeriodMs),
      logger,
    });
    const checkpoint = () =>
      new Checkpoint(
        () => this.#server.openPatient(),
        (error) => {
          logger.warn('a checkpoint failed', { error });
        },
      );
    this.#announcement = checkpoint();
    this.#settlement = checkpoint();
    this.#roles = new PodRoles(client, namespace, name);
    this.#rejoining = new Rejoining(clock);
  }

  /** What the last round found; undefined before the first. */
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
      if (!again) await clock.after(times.retryPeriodMs, signal).catch(() => undefined);
    }
    await this.#giveBackAtTheEnd().catch((error: unknown) => {
      logger.warn('the lease was not given back', { error });
    });
    await this.#server.close();
  }

  /** One look at everything. Whether the next one should follow at once. */
  async #round(stop: AbortSignal): Promise<boolean> {
    const { clock, logger, times } = this.#options;
    // A server that does not answer must not keep the next round from being tried.
    const signal = AbortSignal.any([stop, AbortSignal.timeout(times.leaseDurationMs / 3)]);
    const credentials = await readCredentials(this.#options.secretsFolder);
    const sentAt = await uptimeHundredths();
    const lease = await this.#readLease(signal);
    const record = this.#withCertificates(readRecord(lease), credentials);
    this.#wasSettled = this.#settlement.isDone;
    const local = await this.#server.look();
    const decision = decide({
      name: this.#options.name,
      identity: this.#identity,
      record,
      isExpired: this.#observer.isExpired(record, clock.monotonicMs()),
      local,
      unwellMs: this.#unwellMs(record, local),
      isResting: clock.monotonicMs() < this.#restsUntilMs,
    });
    if (decision.type !== 'lead') this.#stepDown();
    let trouble = '';
    let again = false;
    switch (decision.type) {
      case 'lead':
        trouble = await this.#lead(lease, record, local, credentials, sentAt, signal);
        break;
      case 'release':
        logger.warn('giving the lease back', { why: decision.why });
        this.#restsUntilMs = clock.monotonicMs() + restMs;
        await this.#want({ role: 'none' }, record, credentials, undefined);
        await this.#write(lease, undefined, { ...record, address: undefined }, signal);
        trouble = decision.why;
        break;
      case 'contend':
        again = await this.#contend(lease, record, local, credentials, signal);
        trouble = 'is about to become the primary';
        break;
      case 'follow':
        trouble = await this.#follow(record, local, credentials, decision.address, signal);
        break;
      case 'refuse':
        logger.error('refusing the data of the volume', { why: decision.why });
        await this.#want({ role: 'none' }, record, credentials, undefined);
        trouble = decision.why;
        break;
      default:
        decision satisfies never;
    }
    const isLeader = decision.type === 'lead';
    if (trouble !== '' && trouble !== this.#report?.trouble) logger.info('not ready', { trouble });
    this.#report = { local, record, isLeader, trouble, atMs: clock.monotonicMs() };
    return again;
  }

  /** Renews, and has the server be the primary once the Lease says that it is. */
  async #lead(
    lease: Stored<Lease>,
    record: LeaderRecord,
    local: LocalState,
    credentials: Credentials,
    sentAt: number,
    signal: AbortSignal,
  ): Promise<string> {
    const { name, address, times, logger } = this.#options;
    const isNew = record.systemIdentifier === undefined;
    if (!this.#isLeader) {
      this.#isLeader = true;
      const isCommitted = record.primary === name;
      this.#announcement.reset({ isDone: isCommitted && record.address === address });
      this.#isPublished = false;
      this.#sync = firstSyncState(name, record);
      logger.info('leading', { isCommitted });
    }
    const view = local.server?.type === 'primary' ? local.server : undefined;
    if (record.primary === name && view !== undefined) this.#stepSync(record, view);
    const plan = planLeadership({
      name,
      address,
      record,
      local,
      sync: this.#sync,
      isUnfenced: this.#isUnfenced,
      isAnnounced: this.#announcement.isDone,
      time: new Date().toISOString(),
      systemIdentifier:
        isNew && view !== undefined ? await this.#server.use(systemIdentifier) : undefined,
    });
    if (plan.isPrimary && record.primary !== undefined && record.primary !== name) {
      await this.#roles.demote(record.primary, signal);
    }
    await this.#write(lease, this.#identity, plan.claim, signal);
    this.#isPublished = true;
    if (!plan.isPrimary) {
      const wish = { role: 'standby', source: '', rejoin: this.#rejoining.attempt } as const;
      await this.#want(wish, record, credentials, undefined);
      return 'waits for its server, to promote it';
    }
    const fenceMs = times.leaseDurationMs * fenceFraction;
    const until = plan.isUnfenced ? 'never' : sentAt + Math.floor(fenceMs / 10);
    await this.#want({ role: 'primary', until, initialize: isNew }, record, credentials, undefined);
    this.#isUnfenced = plan.isUnfenced;
    if (view === undefined) {
      // One that is only slow to answer keeps its label, and with it its clients.
      if (local.process !== 'primary') await this.#roles.keep('replica', signal);
      return local.failedStep === '' ? 'the server is on its way up' : `${local.failedStep} failed`;
    }
    await this.#roles.keep('primary', signal);
    await this.#prepare(record, credentials);
    return '';
  }

  #stepSync(
    record: LeaderRecord,
    view: Extract<NonNullable<LocalState['server']>, { type: 'primary' }>,
  ): void {
    if (record.settings.failover?.durability !== 'Synchronous') {
      this.#sync = { type: 'off' };
      return;
    }
    if (!this.#isPublished) return;
    const before = this.#sync;
    const isSettled = this.#wasSettled;
    const isEligible = (name: string): boolean =>
      name !== this.#options.name && isCandidate(name, record);
    this.#sync = nextSyncState(before, view, isEligible, isSettled);
    if (this.#sync.type === 'settling') {
      if (before.type !== 'settling') this.#settlement.reset();
      this.#settlement.request();
    }
    if (before.type !== this.#sync.type) {
      this.#options.logger.info('synchronous standby', { ...jsonOf(this.#sync) });
    }
  }

  /** What a primary does for others once it answers. */
  async #prepare(record: LeaderRecord, credentials: Credentials): Promise<void> {
    const wanted = JSON.stringify([
      record.settings.username,
      record.settings.authentication,
      credentials,
    ]);
    if (this.#rolesOf !== wanted) {
      await this.#server.use((session) => ensureRoles(session, record.settings, credentials));
      this.#rolesOf = wanted;
    }
    this.#announcement.request();
  }

  /** Takes the lease, unless another that may have it has more of the log. */
  async #contend(
    lease: Stored<Lease>,
    record: LeaderRecord,
    local: LocalState,
    credentials: Credentials,
    signal: AbortSignal,
  ): Promise<boolean> {
    const { name, logger } = this.#options;
    const position = local.server?.type === 'standby' ? local.server.position : undefined;
    if (record.primary !== name && position !== undefined) {
      for (const other of record.successors) {
        const further = await this.#positionOf(other, record, credentials, signal);
        if (further !== undefined && further > position) {
          logger.info('another standby has more of the log', { other });
          return false;
        }
      }
    }
    try {
      await this.#write(lease, this.#identity, { ...record, address: undefined }, signal);
    } catch (error) {
      if (!isConflict(error)) throw error;
      logger.info('another agent was faster');
      return false;
    }
    return true;
  }

  /** How far another standby has the log; undefined when it does not answer or is none. */
  async #positionOf(
    name: string,
    record: LeaderRecord,
    credentials: Credentials,
    signal: AbortSignal,
  ): Promise<bigint | undefined> {
    if (name === this.#options.name) return undefined;
    const host = await this.#roles.addressOf(name, signal);
    if (host === undefined) return undefined;
    const view = await this.#lookAt(host, name, record, credentials).catch(() => undefined);
    return view?.type === 'standby' ? view.position : undefined;
  }

  async #lookAt(host: string, name: string, record: LeaderRecord, credentials: Credentials) {
    const { domain, times } = this.#options;
    const { tls } = credentials;
    return withSession(
      {
        host,
        user: internalRoles.replicator,
        password: credentials.replicatorPassword,
        tls:
          record.settings.tls && tls !== undefined
            ? { ca: tls.ca, serverName: `${name}.${domain}` }
            : undefined,
        timeoutMs: times.retryPeriodMs,
      },
      lookAtServer,
    );
  }

  /** Is a standby of the primary. */
  async #follow(
    record: LeaderRecord,
    local: LocalState,
    credentials: Credentials,
    host: string | undefined,
    signal: AbortSignal,
  ): Promise<string> {
    const { domain, name } = this.#options;
    await this.#roles.keep('replica', signal);
    const { primary } = record;
    if (host === undefined || primary === undefined || primary === name) {
      await this.#want(
        { role: 'standby', source: '', rejoin: this.#rejoining.attempt },
        record,
        credentials,
        undefined,
      );
      return 'there is no primary that takes writes';
    }
    const source: PrimaryAddress = { host, serverName: `${primary}.${domain}` };
    const isEntitled = record.successors.includes(name);
    const attempt = await this.#rejoining.next(local, isEntitled, async () => {
      const view = await this.#lookAt(host, primary, record, credentials).catch(() => undefined);
      return view?.type === 'primary';
    });
    await this.#want(
      {
        role: 'standby',
        source: connectionString({ name, settings: record.settings }, source),
        rejoin: attempt,
      },
      record,
      credentials,
      source,
    );
    if (local.server?.type === 'standby' && local.server.isStreaming) return '';
    return local.failedStep === ''
      ? 'does not stream from the primary yet'
      : `does not stream from the primary: ${local.failedStep} failed`;
  }

  /** Writes what the server needs, then what is wanted of it. */
  async #want(
    wish: Wish,
    { settings }: LeaderRecord,
    credentials: Credentials,
    source: PrimaryAddress | undefined,
  ): Promise<void> {
    const { control, address, name } = this.#options;
    const isSynchronous = wish.role === 'primary' && settings.failover !== undefined;
    const input = {
      settings,
      address,
      name,
      source,
      synchronousStandbyNames: isSynchronous ? configuredNames(this.#sync) : '',
    };
    const { tls } = credentials;
    const changes = [
      await control.write('pgpass', passwordFile(credentials.replicatorPassword)),
      await control.write('pg_hba.conf', hostBasedAuthentication(input)),
      await control.write('postgresql.conf', postgresConfig(input)),
      ...(tls === undefined
        ? []
        : [
            await control.write('ca.crt', tls.ca),
            await control.write('tls.crt', tls.certificate),
            await control.write('tls.key', tls.key),
          ]),
    ];
    await control.want(wish, changes.includes(true));
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
    if (this.#isLeader) this.#options.logger.info('leading no more');
    this.#isLeader = false;
    this.#isUnfenced = false;
    this.#unwellSinceMs = undefined;
    this.#rolesOf = '';
  }

  /** For how long the server of this leader has not answered. */
  #unwellMs(record: LeaderRecord, local: LocalState): number {
    const now = this.#options.clock.monotonicMs();
    if (record.holder !== this.#identity || local.server !== undefined) {
      this.#unwellSinceMs = undefined;
      return 0;
    }
    this.#unwellSinceMs ??= now;
    return now - this.#unwellSinceMs;
  }

  async #readLease(signal: AbortSignal): Promise<Stored<Lease>> {
    const { client, namespace, leaseName } = this.#options;
    return client.get(Lease, { namespace, name: leaseName }, { signal });
  }

  /** Writes the Lease, if it is still as it was read. */
  async #write(
    lease: Stored<Lease>,
    holder: string | undefined,
    claim: Claim,
    signal: AbortSignal,
  ): Promise<void> {
    const { client, times } = this.#options;
    this.#isPublished = false;
    await client.update(
      Lease,
      claimedLease(lease, holder, claim, times.leaseDurationMs, new Date()),
      { signal },
    );
  }

  /** A server that ended in good order leaves the lease free at once. */
  async #giveBackAtTheEnd(): Promise<void> {
    const { client, namespace, leaseName, control, times, logger } = this.#options;
    const told = await control.told();
    if (told['server'] !== 'none') return;
    const lease = await client.get(Lease, { namespace, name: leaseName });
    const record = readRecord(lease);
    if (record.holder !== this.#identity) return;
    const claim = { ...record, address: undefined };
    await client.update(
      Lease,
      claimedLease(lease, undefined, claim, times.leaseDurationMs, new Date()),
    );
    logger.info('the lease was given back');
  }
}

function jsonOf(state: SyncState): Record<string, string> {
  return { state: state.type, ...(state.type === 'off' ? {} : { standby: state.name }) };
}

/** A signal changes while others work, which the compiler does not expect. */
function isAborted(signal: AbortSignal): boolean {
  return signal.aborted;
}
