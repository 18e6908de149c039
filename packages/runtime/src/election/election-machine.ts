import type { Lease, Stored } from '@kubewright/apimachinery';
import { retryJitter } from './election-settings.ts';
import type { ElectionTimes } from './election-settings.ts';
import { claimedLease, durationOf, holderOf, newLease, renewalOf } from './lease-record.ts';
import type { LeaseIdentity } from './lease-record.ts';

/** What a candidate knows of a lease that somebody holds or held. */
export interface Observation {
  /** Who holds the lease; undefined when it was given back. */
  readonly holder: string | undefined;
  /** Which renewal it was; see {@link renewalOf}. */
  readonly renewal: string;
  /** When this renewal was first seen, on our clock. The times inside the lease are another machine's and decide nothing. */
  readonly observedAtMs: number;
  /** How long to wait from then on. */
  readonly durationMs: number;
}

/** Why a leader is none any more. */
export type LossCause =
  | { readonly type: 'deadline'; readonly renewDeadlineMs: number }
  | { readonly type: 'taken'; readonly holder: string }
  | { readonly type: 'cleared' };

/** Where an election stands, for one candidate. */
export type ElectionState =
  | { readonly role: 'candidate'; readonly observation: Observation | undefined }
  | {
      readonly role: 'leader';
      /** As last written or read by us. */
      readonly lease: Stored<Lease> | undefined;
      /** When the last renewal that succeeded was sent, not answered: from this moment the others may count. */
      readonly renewedAtMs: number;
      /**
       * How much the lease above can be trusted: `written` by us, `read` just now, or `stale` after a refusal or a write of unknown
       * outcome, so that it must be read before the next write.
       */
      readonly knowledge: 'written' | 'read' | 'stale';
    }
  | { readonly role: 'lost'; readonly cause: LossCause };

/** What happened since the last step. */
export type ElectionInput =
  /** The pause is over. */
  | { readonly type: 'due' }
  /** The lease was read; undefined when there is none. */
  | { readonly type: 'read'; readonly lease: Stored<Lease> | undefined }
  /** Our write was accepted. */
  | { readonly type: 'written'; readonly lease: Stored<Lease>; readonly sentAtMs: number }
  /** Our write was refused because somebody else wrote, made or deleted the lease. */
  | { readonly type: 'refused' }
  /** No answer, or an error that says nothing of the lease. A write may or may not have happened. */
  | { readonly type: 'failed' };

/** What to do next. */
export type ElectionCommand =
  | { readonly type: 'read' }
  | { readonly type: 'create'; readonly lease: Lease }
  | { readonly type: 'update'; readonly lease: Stored<Lease> }
  | { readonly type: 'wait'; readonly delayMs: number }
  | { readonly type: 'stop' };

/** What a step may look at besides state and input. */
export interface ElectionContext extends LeaseIdentity {
  readonly times: ElectionTimes;
  /** Monotonic, in milliseconds. */
  readonly nowMs: number;
  /** The time written into the lease, for people. */
  readonly date: Date;
  /** In [0, 1): spreads the tries of the candidates. */
  readonly random: number;
}

/** A state and what to do in it. */
export interface ElectionStep {
  readonly state: ElectionState;
  readonly command: ElectionCommand;
}

/** Where every candidate begins. */
export const firstStep: ElectionStep = {
  state: { role: 'candidate', observation: undefined },
  command: { type: 'read' },
};

/**
 * One step of the election by Lease; pure.
 *
 * Guarantees, as long as clocks run at nearly the same rate: two identities never lead at once, because the leader counts
 * `renewDeadlineMs` from the moment it sent its last successful renewal, the others the longer `leaseDurationMs` from the later moment they
 * first saw it; every write carries the resourceVersion it was decided on.
 *
 * Caveats: a monotonic clock that stands still while the machine is suspended lets a leader believe in itself until its next renewal
 * is refused; somebody who deletes the lease of a living leader gives a candidate that has never seen the lease the right to
 * make a new one; the old leader learns of it with its next renewal. Candidates that have seen the lease wait until it would have expired.
 */
export function electionStep(
  state: ElectionState,
  input: ElectionInput,
  context: ElectionContext,
): ElectionStep {
  switch (state.role) {
    case 'candidate':
      return candidateStep(state, input, context);
    case 'leader':
      return leaderStep(state, input, context);
    case 'lost':
      return { state, command: { type: 'stop' } };
    default:
      return state satisfies never;
  }
}

/** When a leader's time is over unless a renewal succeeds first, on our clock. */
export function deadlineOf(
  state: Extract<ElectionState, { role: 'leader' }>,
  times: ElectionTimes,
): number {
  return state.renewedAtMs + times.renewDeadlineMs;
}

type Candidate = Extract<ElectionState, { role: 'candidate' }>;
type Leader = Extract<ElectionState, { role: 'leader' }>;

function candidateStep(
  state: Candidate,
  input: ElectionInput,
  context: ElectionContext,
): ElectionStep {
  switch (input.type) {
    case 'due':
      return { state, command: { type: 'read' } };
    case 'read':
      return input.lease === undefined
        ? candidateWithoutLease(state, context)
        : candidateWithLease(state, input.lease, context);
    case 'written':
      return lead(input.lease, input.sentAtMs, context);
    case 'refused':
    case 'failed':
      return { state, command: pause(context) };
    default:
      return input satisfies never;
  }
}

function candidateWithoutLease(state: Candidate, context: ElectionContext): ElectionStep {
  const { observation } = state;
  // A leader that we saw renewing may not know yet that its lease was deleted: give it the time it was promised.
  if (observation?.holder !== undefined && !hasExpired(observation, context)) {
    return { state, command: pause(context) };
  }
  const lease = newLease(context, context.times.leaseDurationMs, context.date);
  return { state, command: { type: 'create', lease } };
}

function candidateWithLease(
  state: Candidate,
  lease: Stored<Lease>,
  context: ElectionContext,
): ElectionStep {
  const observation = observe(state.observation, lease, context);
  const next: Candidate = { role: 'candidate', observation };
  const isFree =
    observation.holder === undefined ||
    // A write of ours that went through although we got no answer.
    observation.holder === context.identity ||
    hasExpired(observation, context);
  return {
    state: next,
    command: isFree ? claim(lease, context) : pause(context),
  };
}

function leaderStep(state: Leader, input: ElectionInput, context: ElectionContext): ElectionStep {
  // A renewal counts from when it was sent, so a late answer is looked at before the deadline is.
  const current: Leader =
    input.type === 'written'
      ? { ...state, lease: input.lease, renewedAtMs: input.sentAtMs, knowledge: 'written' }
      : state;
  if (context.nowMs >= deadlineOf(current, context.times)) {
    return lose({ type: 'deadline', renewDeadlineMs: context.times.renewDeadlineMs });
  }
  switch (input.type) {
    case 'due':
      return current.knowledge === 'stale' || current.lease === undefined
        ? { state: current, command: { type: 'read' } }
        : { state: current, command: claim(current.lease, context) };
    case 'written':
      return { state: current, command: renewLater(current, context) };
    case 'refused':
      // At once after a write from memory; after a fresh read somebody writes as fast as we do, so that a pause is due.
      return {
        state: { ...current, knowledge: 'stale' },
        command: current.knowledge === 'written' ? { type: 'read' } : renewLater(current, context),
      };
    case 'failed':
      return { state: { ...current, knowledge: 'stale' }, command: renewLater(current, context) };
    case 'read':
      return leaderRead(current, input.lease, context);
    default:
      return input satisfies never;
  }
}

function leaderRead(
  state: Leader,
  lease: Stored<Lease> | undefined,
  context: ElectionContext,
): ElectionStep {
  if (lease === undefined) {
    // Deleted under us. To make it again is safe: when it succeeds nobody else has one, when it is refused we read who has.
    const again = newLease(context, context.times.leaseDurationMs, context.date);
    return {
      state: { ...state, lease: undefined, knowledge: 'read' },
      command: { type: 'create', lease: again },
    };
  }
  const holder = holderOf(lease);
  if (holder === undefined) return lose({ type: 'cleared' });
  if (holder !== context.identity) return lose({ type: 'taken', holder });
  return { state: { ...state, lease, knowledge: 'read' }, command: claim(lease, context) };
}

function lead(lease: Stored<Lease>, sentAtMs: number, context: ElectionContext): ElectionStep {
  const state: Leader = { role: 'leader', lease, renewedAtMs: sentAtMs, knowledge: 'written' };
  // An answer so late that the time it bought is over: try again as a candidate.
  if (context.nowMs >= deadlineOf(state, context.times)) {
    return { state: { role: 'candidate', observation: undefined }, command: { type: 'read' } };
  }
  return { state, command: renewLater(state, context) };
}

function lose(cause: LossCause): ElectionStep {
  return { state: { role: 'lost', cause }, command: { type: 'stop' } };
}

function observe(
  before: Observation | undefined,
  lease: Stored<Lease>,
  context: ElectionContext,
): Observation {
  const renewal = renewalOf(lease);
  if (before?.renewal === renewal) return before;
  return {
    holder: holderOf(lease),
    renewal,
    observedAtMs: context.nowMs,
    durationMs: durationOf(lease, context.times.leaseDurationMs),
  };
}

function hasExpired(observation: Observation, context: ElectionContext): boolean {
  return context.nowMs >= observation.observedAtMs + observation.durationMs;
}

function claim(lease: Stored<Lease>, context: ElectionContext): ElectionCommand {
  const { identity, times, date } = context;
  return { type: 'update', lease: claimedLease(lease, identity, times.leaseDurationMs, date) };
}

/** A candidate's pause: between one retry period and 1 + {@link retryJitter} of them. */
function pause(context: ElectionContext): ElectionCommand {
  const { retryPeriodMs } = context.times;
  return { type: 'wait', delayMs: retryPeriodMs * (1 + retryJitter * context.random) };
}

/** A leader's pause: one retry period, but never beyond its deadline. */
function renewLater(state: Leader, context: ElectionContext): ElectionCommand {
  const leftMs = deadlineOf(state, context.times) - context.nowMs;
  return { type: 'wait', delayMs: Math.min(context.times.retryPeriodMs, leftMs) };
}
