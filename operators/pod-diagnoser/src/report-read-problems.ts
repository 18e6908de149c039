import type { Manager } from '@kubewright/runtime';
import { PodDiagnoser } from './api/pod-diagnoser.ts';
import { operatorName } from './pod-diagnoser-controller.ts';

/**
 * Tells of what the operator may not read, in an Event on each diagnoser that it does know in the namespace concerned. The log and
 * `/readyz` name it in any case. Disposing the answer ends it.
 */
export function reportReadProblems(manager: Manager): Disposable {
  const recorder = manager.eventRecorder(operatorName);
  const diagnosers = manager.cache.informer(PodDiagnoser.resource);
  return manager.cache.onProblem((problem) => {
    if (problem.kind !== 'denied') return;
    const { namespace, verb, resource, message } = problem;
    const where = namespace === undefined ? 'all namespaces' : `namespace "${namespace}"`;
    for (const diagnoser of diagnosers.list({ namespace })) {
      recorder.event(diagnoser, {
        type: 'Warning',
        reason: 'MissingPermission',
        action: 'Watch',
        note: `cannot ${verb} ${resource} in ${where}: ${message}`,
      });
    }
  });
}
