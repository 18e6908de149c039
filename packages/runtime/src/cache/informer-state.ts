import type { Scope } from '@kubewright/apimachinery';
import type { WatchProblem } from '../watch/watch-problem.ts';

/** A problem with the place where it is. */
export interface InformerProblem extends WatchProblem {
  /** `pods` or `deployments.apps`. */
  readonly resource: string;
  readonly scope: Scope;
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
  const { verb, resource, scope, namespace, message } = problem;
  const everywhere = scope === 'Namespaced' ? ' in all namespaces' : '';
  const where = namespace === undefined ? everywhere : ` in namespace "${namespace}"`;
  return `cannot ${verb} ${resource}${where}: ${message}`;
}
