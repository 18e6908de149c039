import type { Cached, Manager } from '@kubewright/runtime';
import { PodDiagnoser } from './api/pod-diagnoser.ts';
import { operatorName } from './pod-diagnoser-controller.ts';

/**
 * Tells of what the operator may not read, in an Event on each diagnoser of the namespace concerned, as soon as both are
 * known. The log and `/readyz` name it in any case. Disposing the answer ends it.
 */
export function reportReadProblems(manager: Manager): Disposable {
  const { cache } = manager;
  const recorder = manager.eventRecorder(operatorName);
  const diagnosers = cache.informer(PodDiagnoser.resource);

  const report = (diagnoser: Cached<PodDiagnoser>): void => {
    for (const { state } of cache.informers()) {
      if (state.phase !== 'failing' || state.problem.kind !== 'denied') continue;
      const { namespace, verb, resource, message } = state.problem;
      if (namespace !== undefined && namespace !== diagnoser.metadata.namespace) continue;
      const where = namespace === undefined ? 'all namespaces' : `namespace "${namespace}"`;
      recorder.event(diagnoser, {
        type: 'Warning',
        reason: 'MissingPermission',
        action: 'Watch',
        note: `cannot ${verb} ${resource} in ${where}: ${message}`,
      });
    }
  };
  // Whichever of the two becomes known last.
  using disposables = new DisposableStack();
  disposables.use(
    diagnosers.addEventHandler({
      added: (diagnoser) => {
        report(diagnoser);
      },
    }),
  );
  disposables.use(
    cache.onProblem(() => {
      for (const diagnoser of diagnosers.list()) report(diagnoser);
    }),
  );
  return disposables.move();
}
