import type { KubernetesObject, Stored } from '@kubewright/apimachinery';
import type { WatchChange } from './lister-watcher.ts';
import type { WatchProblem } from './watch-problem.ts';

/** How a complete picture of a collection is read. */
export type InitialRead =
  /** One unpaged list from the server's watch cache; the fastest on servers since 1.33, which stream it. */
  | { readonly by: 'list' }
  /** Pages of `pageSize` items; for older servers, which otherwise build the whole answer in memory. */
  | { readonly by: 'pages'; readonly pageSize: number }
  /** A watch that begins with all objects (`sendInitialEvents`); falls back to a list when the server refuses. */
  | { readonly by: 'watch' };

/** What every state after the first knows. */
interface Progress {
  readonly read: InitialRead;
  /** Tries that did not last since a watch last was healthy. */
  readonly attempts: number;
  /** What the last try met, until the server is heard again. */
  readonly problem: WatchProblem | undefined;
}

/** Nothing has begun. */
export interface Idle {
  readonly phase: 'idle';
  readonly read: InitialRead;
}

/** A list is being read. */
export interface Listing extends Progress {
  readonly phase: 'listing';
  /** Version up to which all changes are known; undefined before the first complete picture. */
  readonly version: string | undefined;
  /** Asked for the latest state: the answer is the truth, even when it seems older than what is known. */
  readonly isConsistent: boolean;
  /** Version of the pages read so far; undefined before the end of the first. */
  readonly listVersion: string | undefined;
}

/** A watch has begun with all objects and has not come to the end of them. */
export interface InitialEvents extends Progress {
  readonly phase: 'initial-events';
  readonly version: string | undefined;
}

/** All changes up to a version are known, and a watch brings the next. */
export interface Watching extends Progress {
  readonly phase: 'watching';
  readonly version: string;
  /** When the watch was asked for, in monotonic milliseconds. */
  readonly startedMs: number;
  /** True when it begins at the version of a picture just read; a version that expires so soon would expire again. */
  readonly isAfterPicture: boolean;
  /** True when it has brought something, be it a bookmark. */
  readonly isHeard: boolean;
}

/** Something went wrong; after a while the next try begins. */
export interface Waiting extends Progress {
  readonly phase: 'waiting';
  readonly version: string | undefined;
  readonly problem: WatchProblem;
  readonly next: 'read' | 'read-consistent' | 'watch';
}

/** Where the reading of one collection is. */
export type WatchState = Idle | Listing | InitialEvents | Watching | Waiting;

/** What happened. */
export type WatchInput<T extends KubernetesObject> =
  | { readonly type: 'start' }
  | { readonly type: 'item'; readonly object: Stored<T> }
  /** The list, or a page of it, was read to its end. */
  | {
      readonly type: 'list-ended';
      readonly version: string | undefined;
      readonly continue: string | undefined;
    }
  | { readonly type: 'change'; readonly change: WatchChange<T> }
  /** The server ended the watch without an error. */
  | { readonly type: 'watch-ended' }
  | { readonly type: 'failed'; readonly error: unknown }
  /** Nothing was heard for too long. */
  | { readonly type: 'silent' }
  /** The wait is over. */
  | { readonly type: 'waited' };

/** Asks the server or waits; takes the place of whatever was under way. */
export type WatchEffect =
  | {
      readonly type: 'list';
      readonly resourceVersion: string;
      readonly resourceVersionMatch?: 'NotOlderThan';
      readonly limit?: number;
      readonly continue?: string;
    }
  | {
      readonly type: 'watch';
      readonly resourceVersion: string;
      readonly sendInitialEvents: boolean;
    }
  | { readonly type: 'wait'; readonly fromMs: number; readonly toMs: number };

/** Tells the cache. */
export type CacheAction<T extends KubernetesObject> =
  /** A complete picture begins. When it is authoritative its objects replace newer ones too. */
  | { readonly type: 'begin'; readonly isAuthoritative: boolean }
  | { readonly type: 'store'; readonly object: Stored<T> }
  | { readonly type: 'remove'; readonly object: Stored<T> }
  /** The picture is complete: what was not stored since its begin is gone. */
  | { readonly type: 'complete'; readonly version: string }
  /** All changes up to this version are known. */
  | { readonly type: 'progress'; readonly version: string };

/** What to do; one effect at the most in one step. */
export type WatchAction<T extends KubernetesObject> = WatchEffect | CacheAction<T>;

/** A state and what to do on entering it. */
export interface WatchStep<T extends KubernetesObject> {
  readonly state: WatchState;
  readonly actions: readonly WatchAction<T>[];
}
