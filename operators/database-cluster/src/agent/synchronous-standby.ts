import type { ServerView } from './local-state.ts';

/**
 * Which standby synchronous commits wait for, and whether it may be told to the others.
 *
 * Invariant: a name is published as successor only while PostgreSQL waits for it with every commit. So it is configured
 * first and published when it has caught up; and when it goes, the agent writes the claim without it before it configures
 * the server without it, which holds commits up until the claim is written.
 */
export type SyncState =
  /** Commits wait for nobody. */
  | { readonly type: 'off' }
  /** Configured, but perhaps not by every process of the server yet. */
  | { readonly type: 'joining'; readonly name: string }
  /** The agent's session has seen the setting; the checkpointer, which switches the waiting on for all, is being waited for. */
  | { readonly type: 'settling'; readonly name: string }
  /** All commits from now on wait for it; those up to the goal may be missing there. */
  | { readonly type: 'catching-up'; readonly name: string; readonly goal: bigint }
  /** It has every commit. */
  | { readonly type: 'on'; readonly name: string };

type PrimaryView = Extract<ServerView, { type: 'primary' }>;

/** Who commits should wait for: `synchronous_standby_names`, as it is configured and as the server shows it. */
export function configuredNames(state: SyncState): string {
  // One name, quoted: pod names have dashes.
  return state.type === 'off' ? '' : `FIRST 1 ("${state.name}")`;
}

/** Who may take over: the standby that has every commit. */
export function publishedNames(state: SyncState): readonly string[] {
  return state.type === 'on' ? [state.name] : [];
}

/**
 * The state after a look at the server. To be called once per round, when what the state before published has been
 * written.
 *
 * @param isEligible - Whether a standby may become the primary at all.
 * @param isSettled - Whether a checkpoint that was asked for in the state `settling` had ended before the look: the
 *   checkpointer takes up settings before it begins one.
 */
export function nextSyncState(
  state: SyncState,
  server: PrimaryView,
  isEligible: (name: string) => boolean,
  isSettled: boolean,
): SyncState {
  const streaming = server.standbys.filter((each) => each.isStreaming && isEligible(each.name));
  const current =
    state.type === 'off' ? undefined : streaming.find(({ name }) => name === state.name);
  switch (state.type) {
    case 'off': {
      const best = streaming.toSorted((one, other) => Number(other.flushed - one.flushed))[0];
      return best === undefined ? { type: 'off' } : { type: 'joining', name: best.name };
    }
    case 'joining':
      if (current === undefined) return { type: 'off' };
      return server.syncNames === configuredNames(state)
        ? { type: 'settling', name: state.name }
        : state;
    case 'settling':
      if (current === undefined) return { type: 'off' };
      if (!isSettled) return state;
      return { type: 'catching-up', name: state.name, goal: server.position };
    case 'catching-up':
      if (current === undefined) return { type: 'off' };
      return current.isSync && current.flushed >= state.goal
        ? { type: 'on', name: state.name }
        : state;
    case 'on':
      return current === undefined ? { type: 'off' } : state;
    default:
      return state satisfies never;
  }
}
