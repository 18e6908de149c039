import type { KubernetesObject } from '@kubewright/apimachinery';
import { informerText } from './informer.ts';
import { problemText } from './informer-state.ts';
import type { SharedInformer } from './shared-informer.ts';

/** Problems that time alone does not heal: somebody has to grant, install or renew something. */
const needsPeople: ReadonlySet<string> = new Set(['denied', 'unauthorized', 'missing']);

/** What keeps an informer from being ready, a sentence each. A synced informer may miss the server for a while before it counts. */
export function readinessProblems(
  informer: SharedInformer<KubernetesObject>,
  staleAfterSeconds: number,
): readonly string[] {
  const failures = informer
    .failures()
    .filter(({ isSynced, problem }) => !isSynced || needsPeople.has(problem.kind))
    .map(({ problem }) => problemText(problem));
  if (failures.length > 0) return failures;
  const name = informerText(informer);
  if (!informer.synced) return [`${name}: the first list is not complete`];
  const seconds = informer.secondsSinceHeard ?? 0;
  return seconds > staleAfterSeconds
    ? [`${name}: nothing heard from the API server for ${Math.floor(seconds)} s`]
    : [];
}
