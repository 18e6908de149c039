import { decide } from '../src/agent/decide.ts';
import type { Claim, LeaderRecord } from '../src/agent/leader-record.ts';
import { LeaseObserver } from '../src/agent/lease-observer.ts';
import type { LocalState, ServerView } from '../src/agent/local-state.ts';
import type { FailoverSettings } from '../src/api/settings.ts';
import { firstSyncState, isCandidate, planLeadership } from '../src/agent/plan-leadership.ts';
import {
  configuredNames,
  nextSyncState,
  type SyncState,
} from '../src/agent/synchronous-standby.ts';

/** Time in steps: a lease lasts ten of them, a primary is fenced after seven. */
const leaseDuration = 10;
const fence = 7;

/** Asynchronous: how many commits a standby may lack of those that the primary has told of. */
const maximumLag = 2;

function settingsOf(durability: FailoverSettings['durability']): LeaderRecord['settings'] {
  return {
    instances: 3,
    major: 15,
    failover: { candidates: 3, durability, maximumLagBytes: maximumLag },
    tls: false,
    authentication: 'scram-sha-256',
    username: 'app',
    metricsPath: undefined,
  };
}

/** One pod: what its volume holds, what its server does, and what its agent remembers. */
class ModelPod {
  readonly name: string;
  uid = 0;
  /** Commits in the data, in order. */
  log: readonly number[] = [];
  hasData = false;
  isStandbyData = false;
  process: LocalState['process'] = 'none';
  source: string | undefined;
  until = 0;
  /** `synchronous_standby_names` as the sessions see it, and as the server acts on it, which may be later. */
  names = '';
  effectiveNames = '';
  reachesApi = true;
  agent = newAgent();

  constructor(name: string) {
    this.name = name;
  }

  get identity(): string {
    return `${this.name}_${String(this.uid)}`;
  }
}

function newAgent() {
  return {
    observer: new LeaseObserver(),
    isLeader: false,
    isPublished: false,
    sync: { type: 'off' } as SyncState,
    isCheckpointed: false,
    isSettling: false,
    isSettled: false,
  };
}

/** What can happen. */
export type Happening =
  | { readonly type: 'round'; readonly pod: number }
  | { readonly type: 'lostAnswer'; readonly pod: number }
  | { readonly type: 'commit' }
  | { readonly type: 'time'; readonly steps: number }
  | { readonly type: 'stream'; readonly pod: number }
  | { readonly type: 'reload'; readonly pod: number }
  | { readonly type: 'killServer'; readonly pod: number }
  | { readonly type: 'killPod'; readonly pod: number }
  | { readonly type: 'api'; readonly pod: number; readonly reaches: boolean }
  | { readonly type: 'link'; readonly pod: number; readonly isUp: boolean };

/** A cluster of three pods whose agents are ours and whose servers and API server are played. Everything that should never be is thrown. */
export class FailoverModel {
  readonly pods = [0, 1, 2].map((ordinal) => new ModelPod(`db-${String(ordinal)}`));
  /** Commits that a client was told of, without those that were lost as they may be. */
  readonly acknowledged = new Set<number>();
  /** Asynchronous: commits that a failover has lost. */
  lost = 0;
  readonly #durability: FailoverSettings['durability'];
  /** What was acknowledged when a primary last told how far it had written. */
  #told: ReadonlySet<number> = new Set();
  /** Pods that took a commit, in order and without repetition. */
  readonly primaries: string[] = [];
  #record: LeaderRecord;
  #version = 0;
  #now = 0;
  #nextCommit = 1;
  readonly #cut = new Set<string>();

  constructor(durability: FailoverSettings['durability'] = 'Synchronous') {
    this.#durability = durability;
    this.#record = {
      holder: undefined,
      renewal: '0',
      leaseDurationMs: leaseDuration,
      primary: undefined,
      address: undefined,
      successors: ['db-0'],
      systemIdentifier: undefined,
      position: undefined,
      lastFailover: undefined,
      settings: settingsOf(durability),
    };
  }

  happen(happening: Happening): void {
    switch (happening.type) {
      case 'round':
        this.#round(this.#pod(happening.pod), false);
        break;
      case 'lostAnswer':
        this.#round(this.#pod(happening.pod), true);
        break;
      case 'commit':
        for (const pod of this.pods) if (this.#mayWrite(pod)) this.#commit(pod);
        break;
      case 'time':
        this.#now += happening.steps;
        for (const pod of this.pods) {
          // The entry program ends what may not write any more.
          if (pod.process === 'primary' && this.#now >= pod.until) pod.process = 'none';
        }
        break;
      case 'stream':
        this.#stream(this.#pod(happening.pod));
        break;
      case 'reload': {
        const pod = this.#pod(happening.pod);
        pod.effectiveNames = pod.names;
        // A checkpoint that was asked for ends, too.
        pod.agent.isSettled = pod.agent.isSettling;
        break;
      }
      case 'killServer':
        this.#pod(happening.pod).process = 'none';
        break;
      case 'killPod': {
        const pod = this.#pod(happening.pod);
        pod.uid += 1;
        pod.process = 'none';
        pod.until = 0;
        pod.agent = newAgent();
        break;
      }
      case 'api':
        this.#pod(happening.pod).reachesApi = happening.reaches;
        break;
      case 'link': {
        const { name } = this.#pod(happening.pod);
        if (happening.isUp) this.#cut.delete(name);
        else this.#cut.add(name);
        break;
      }
      default:
        happening satisfies never;
    }
    const writing = this.pods.filter((pod) => this.#mayWrite(pod));
    if (writing.length > 1) {
      throw new Error(`split brain: ${writing.map(({ name }) => name).join(' and ')} take writes`);
    }
  }

  #pod(ordinal: number): ModelPod {
    const pod = this.pods[ordinal];
    if (pod === undefined) throw new RangeError(`there is no pod ${String(ordinal)}`);
    return pod;
  }

  #mayWrite(pod: ModelPod): boolean {
    return pod.process === 'primary' && this.#now < pod.until;
  }

  #commit(pod: ModelPod): void {
    const missing = this.#missingOn(pod);
    if (missing.length > 0) {
      throw new Error(
        `${pod.name} takes writes without the acknowledged commits ${missing.join()}`,
      );
    }
    if (this.primaries.at(-1) !== pod.name) this.primaries.push(pod.name);
    const commit = this.#nextCommit++;
    pod.log = [...pod.log, commit];
    // What waits for a standby is acknowledged when that has it.
    if (pod.effectiveNames === '') this.acknowledged.add(commit);
  }

  /** Asynchronous: what was written after the last word of the old primary is lost, and of what was before no more than is allowed. */
  #lose(heir: ModelPod): void {
    const missing = this.#missingOn(heir);
    const told = missing.filter((commit) => this.#told.has(commit));
    if (told.length > maximumLag) {
      throw new Error(
        `${heir.name} takes over without the commits ${told.join()} that were told of`,
      );
    }
    for (const commit of missing) this.acknowledged.delete(commit);
    this.lost += missing.length;
  }

  #missingOn(pod: ModelPod): number[] {
    return [...this.acknowledged].filter((commit) => !pod.log.includes(commit));
  }

  #stream(standby: ModelPod): void {
    const source = this.pods.find(({ name }) => name === standby.source);
    if (source?.process !== 'primary' || this.#isCut(standby, source)) return;
    if (standby.process !== 'standby') return;
    const follows = standby.log.every((commit, index) => source.log[index] === commit);
    // What has gone another way is rewound, or cloned anew.
    standby.log = follows ? source.log.slice(0, standby.log.length + 1) : source.log;
    standby.hasData = true;
    standby.isStandbyData = true;
    if (source.effectiveNames.includes(standby.name)) {
      for (const commit of standby.log) this.acknowledged.add(commit);
    }
  }

  #isStreaming(standby: ModelPod, primary: ModelPod): boolean {
    return (
      standby.process === 'standby' &&
      standby.hasData &&
      standby.source === primary.name &&
      !this.#isCut(standby, primary) &&
      standby.log.every((commit, index) => primary.log[index] === commit)
    );
  }

  #isCut(one: ModelPod, other: ModelPod): boolean {
    return this.#cut.has(one.name) || this.#cut.has(other.name);
  }

  #viewOf(pod: ModelPod): ServerView | undefined {
    if (pod.process === 'none' || !pod.hasData) return undefined;
    const position = BigInt(pod.log.length);
    if (pod.process === 'standby') return { type: 'standby', position, isStreaming: true };
    return {
      type: 'primary',
      position,
      syncNames: pod.names,
      standbys: this.pods
        .filter((each) => this.#isStreaming(each, pod))
        .map((each) => ({
          name: each.name,
          isStreaming: true,
          isSync: pod.names.includes(each.name),
          flushed: BigInt(each.log.length),
        })),
    };
  }

  /** What the agent does in a round; with a lost answer it does not know that its write was taken. */
  #round(pod: ModelPod, losesAnswer: boolean): void {
    if (!pod.reachesApi) return;
    const { agent } = pod;
    const record = this.#record;
    const version = this.#version;
    const local: LocalState = {
      data: pod.hasData ? 'present' : 'absent',
      isStandbyData: pod.isStandbyData,
      systemIdentifier: pod.hasData ? '7' : undefined,
      process: pod.process,
      failedStep: '',
      doneNumber: 0,
      server: this.#viewOf(pod),
    };
    const decision = decide({
      name: pod.name,
      identity: pod.identity,
      record,
      isExpired: agent.observer.isExpired(record, this.#now),
      local,
      unwellMs: 0,
      isResting: false,
    });
    if (decision.type !== 'lead') agent.isLeader = false;
    switch (decision.type) {
      case 'lead':
        this.#lead(pod, record, local, version, losesAnswer);
        break;
      case 'release':
        pod.process = 'none';
        this.#write(version, undefined, record);
        break;
      case 'contend':
        this.#write(version, pod.identity, { ...record, address: undefined });
        break;
      case 'follow':
        if (pod.process === 'primary') pod.process = 'none';
        pod.source = record.primary === pod.name ? undefined : decision.address;
        if (pod.source !== undefined) pod.process = 'standby';
        else if (pod.isStandbyData) pod.process = 'standby';
        break;
      case 'refuse':
        throw new Error(decision.why);
      default:
        decision satisfies never;
    }
  }

  #lead(
    pod: ModelPod,
    record: LeaderRecord,
    local: LocalState,
    version: number,
    losesAnswer: boolean,
  ): void {
    const { agent } = pod;
    if (!agent.isLeader) {
      agent.isLeader = true;
      agent.isPublished = false;
      agent.isCheckpointed = record.primary === pod.name && record.address === pod.name;
      agent.sync = firstSyncState(pod.name, record);
    }
    if (record.primary === pod.name && local.server?.type === 'primary' && agent.isPublished) {
      const isEligible = (name: string) => name !== pod.name && isCandidate(name, record);
      const before = agent.sync.type;
      agent.sync =
        this.#durability === 'Synchronous'
          ? nextSyncState(agent.sync, local.server, isEligible, agent.isSettled)
          : { type: 'off' };
      if (before !== 'settling') agent.isSettled = false;
      agent.isSettling = agent.sync.type === 'settling';
    }
    const plan = planLeadership({
      name: pod.name,
      address: pod.name,
      record,
      local,
      sync: agent.sync,
      isUnfenced: false,
      isAnnounced: agent.isCheckpointed,
      time: '',
      systemIdentifier: local.server === undefined ? undefined : '7',
    });
    agent.isPublished = false;
    this.#write(version, pod.identity, plan.claim);
    if (local.server?.type === 'primary') this.#told = new Set(this.acknowledged);
    if (losesAnswer) return;
    agent.isPublished = true;
    if (!plan.isPrimary) {
      pod.source = undefined;
      pod.process = 'standby';
      return;
    }
    pod.names = configuredNames(agent.sync);
    pod.until = this.#now + fence;
    if (pod.process !== 'primary') {
      if (this.#durability === 'Asynchronous') this.#lose(pod);
      // A server that starts has read its configuration.
      if (pod.process === 'none') pod.effectiveNames = pod.names;
      else pod.effectiveNames = pod.names = '';
      pod.process = 'primary';
    }
    pod.hasData = true;
    pod.isStandbyData = false;
    agent.isCheckpointed = true;
  }

  #write(version: number, holder: string | undefined, claim: Claim): void {
    if (version !== this.#version) return;
    this.#version += 1;
    this.#record = {
      ...this.#record,
      ...claim,
      holder,
      renewal: String(this.#version),
      leaseDurationMs: leaseDuration,
      settings: settingsOf(this.#durability),
    };
  }
}
