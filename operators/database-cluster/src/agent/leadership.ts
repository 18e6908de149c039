import { Checkpoint } from './checkpoint.ts';
import type { AgentOptions } from './agent-options.ts';
import { ensureRoles } from './ensure-roles.ts';
import { fenceFraction } from './fence.ts';
import type { LeaderRecord } from './leader-record.ts';
import type { LeaseKeeper } from './lease-keeper.ts';
import type { LocalServer } from './local-server.ts';
import type { ServerView } from './local-state.ts';
import { firstSyncState, isCandidate, planLeadership } from './plan-leadership.ts';
import type { PodRoles } from './pod-roles.ts';
import type { Round } from './round.ts';
import { systemIdentifier } from './server-queries.ts';
import type { ServerWishes } from './server-wishes.ts';
import { configuredNames, nextSyncState, type SyncState } from './synchronous-standby.ts';

/** What a {@link Leadership} works with. */
export interface LeadershipParts {
  readonly options: AgentOptions;
  readonly lease: LeaseKeeper;
  readonly server: LocalServer;
  readonly wishes: ServerWishes;
  readonly roles: PodRoles;
}

/**
 * What an agent does while it holds the lease: renews it, and has the server be the primary once the Lease says that it is.
 *
 * Guarantees: each round writes the claim first, and only then wishes for what the claim allows.
 */
export class Leadership {
  readonly #parts: LeadershipParts;
  #isLeader = false;
  #sync: SyncState = { type: 'off' };
  /** Whether the checkpoint of the state `settling` had ended before this round looked at the server. */
  #wasSettled = false;
  /** Whether the last claim, with what the synchronous state publishes, has been written. */
  #isPublished = false;
  /** Whether the wish that was written last lets the server write without end. */
  #isUnfenced = false;
  /** Makes the timeline of this primary known to those who rewind: they read it from the control file, which a promotion alone does not write. */
  readonly #announcement: Checkpoint;
  /** See {@link nextSyncState}. */
  readonly #settlement: Checkpoint;
  /** What the roles of the database were last made from. */
  #rolesOf = '';

  constructor(parts: LeadershipParts) {
    this.#parts = parts;
    const { options, server } = parts;
    const checkpoint = () =>
      new Checkpoint(
        () => server.openPatient(),
        (error) => {
          options.logger.warn('a checkpoint failed', { error });
        },
      );
    this.#announcement = checkpoint();
    this.#settlement = checkpoint();
  }

  /** To be called in each round before the server is looked at. */
  beforeLook(): void {
    this.#wasSettled = this.#settlement.isDone;
  }

  /** To be called in each round that does not lead. */
  stepDown(): void {
    if (this.#isLeader) this.#parts.options.logger.info('leading no more');
    this.#isLeader = false;
    this.#isUnfenced = false;
    this.#rolesOf = '';
  }

  /** One round. Returns why the server does not serve yet; empty when it does. */
  async lead(round: Round, rejoin: string): Promise<string> {
    const { options, lease, server, wishes, roles } = this.#parts;
    const { name, address, times } = options;
    const { record, local, sentAt, signal } = round;
    const isNew = record.systemIdentifier === undefined;
    if (!this.#isLeader) this.#begin(record);
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
      systemIdentifier:
        isNew && view !== undefined ? await server.use(systemIdentifier) : undefined,
      time: new Date().toISOString(),
    });
    if (plan.isPrimary && record.primary !== undefined && record.primary !== name) {
      await roles.demote(record.primary, signal);
    }
    this.#isPublished = false;
    await lease.hold(round, plan.claim);
    this.#isPublished = true;
    if (!plan.isPrimary) {
      await wishes.want({ role: 'standby', source: '', rejoin }, round);
      return 'waits for its server, to promote it';
    }
    const fenceMs = times.leaseDurationMs * fenceFraction;
    const until = plan.isUnfenced ? 'never' : sentAt + Math.floor(fenceMs / 10);
    const hasFailover = record.settings.failover !== undefined;
    await wishes.want({ role: 'primary', until, initialize: isNew }, round, {
      synchronousStandbyNames: hasFailover ? configuredNames(this.#sync) : '',
    });
    this.#isUnfenced = plan.isUnfenced;
    if (view === undefined) {
      // One that is only slow to answer keeps its label, and with it its clients.
      if (local.process !== 'primary') await roles.keep('replica', signal);
      return local.failedStep === '' ? 'the server is on its way up' : `${local.failedStep} failed`;
    }
    await roles.keep('primary', signal);
    await this.#prepare(round);
    return '';
  }

  #begin(record: LeaderRecord): void {
    const { name, address, logger } = this.#parts.options;
    this.#isLeader = true;
    const isCommitted = record.primary === name;
    this.#announcement.reset({ isDone: isCommitted && record.address === address });
    this.#isPublished = false;
    this.#sync = firstSyncState(name, record);
    logger.info('leading', { isCommitted });
  }

  #stepSync(record: LeaderRecord, view: Extract<ServerView, { type: 'primary' }>): void {
    const { options } = this.#parts;
    if (record.settings.failover?.durability !== 'Synchronous') {
      this.#sync = { type: 'off' };
      return;
    }
    if (!this.#isPublished) return;
    const before = this.#sync;
    const isEligible = (name: string): boolean =>
      name !== options.name && isCandidate(name, record);
    this.#sync = nextSyncState(before, view, isEligible, this.#wasSettled);
    if (this.#sync.type === 'settling') {
      if (before.type !== 'settling') this.#settlement.reset();
      this.#settlement.request();
    }
    if (before.type !== this.#sync.type) {
      const { type: state, ...rest } = this.#sync;
      const standby = 'name' in rest ? { standby: rest.name } : {};
      options.logger.info('synchronous standby', { state, ...standby });
    }
  }

  /** What a primary does for others once it answers. */
  async #prepare({ record: { settings }, credentials }: Round): Promise<void> {
    const wanted = JSON.stringify([settings.username, settings.authentication, credentials]);
    if (this.#rolesOf !== wanted) {
      await this.#parts.server.use((session) => ensureRoles(session, settings, credentials));
      this.#rolesOf = wanted;
    }
    this.#announcement.request();
  }
}
