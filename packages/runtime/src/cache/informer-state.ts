import type { WatchProblem } from '../watch/watch-problem.ts';

/** A problem with the place where it is. */
export interface InformerProblem extends WatchProblem {
  /** `pods` or `deployments.apps`. */
  readonly resource: string;
  /** The namespace concerned; undefined for all, and for cluster-scoped resources. */
  readonly namespace: string | undefined;
}

/** How an informer, or one of its namespaces, is. The worst of the namespaces is the state of the informer. */
export type InformerState =
  /** Not started. */
  | { readonly phase: 'idle' }
  /** The first complete picture is being read. */
  | { readonly phase: 'syncing' }
  /** Synced, and the connection is not known to be broken. */
  | { readonly phase: 'live' }
  /** The last try failed. What is cached stays readable; tries go on for ever. */
  | {
      readonly phase: 'failing';
      readonly problem: InformerProblem;
      /** True when there was a complete picture before. */
      readonly isSynced: boolean;
      /** Milliseconds until the next try; 0 while it runs. */
      readonly retryInMs: number;
    }
  | { readonly phase: 'stopped' };

/** One sentence about a problem, for logs, Events and readiness: what cannot be done, where, and why. */
export function problemText(problem: InformerProblem): string {
  const where = problem.namespace === undefined ? '' : ` in namespace "${problem.namespace}"`;
  return `cannot ${problem.verb} ${problem.resource}${where}: ${problem.message}`;
}
