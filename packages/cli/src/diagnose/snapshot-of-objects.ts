import type { KubernetesObject, Pod } from '@kubewright/apimachinery';
import { momentOf, type AnyEvent, type Snapshot } from '@kubewright/diagnosis';
import { CommandError } from '../command-error.ts';

/** Kinds whose failures can be told without a pod. */
const ownerKinds: ReadonlySet<string> = new Set([
  'CronJob',
  'DaemonSet',
  'Deployment',
  'Job',
  'ReplicaSet',
  'ReplicationController',
  'StatefulSet',
]);

/**
 * Sorts objects into a snapshot.
 *
 * @param now - Default: told from the times in them, see `momentOf`.
 * @throws CommandError when nothing in them can be diagnosed.
 */
export function snapshotOfObjects(objects: readonly KubernetesObject[], now?: Date): Snapshot {
  const clock = new Date();
  const pods: Pod[] = [];
  const events: AnyEvent[] = [];
  const others: KubernetesObject[] = [];
  for (const object of objects) {
    // What a file says is read with care by the diagnosis, whatever its type promises.
    if (object.kind === 'Pod') pods.push(object);
    else if (object.kind === 'Event') events.push(object as AnyEvent);
    else others.push(object);
  }
  if (pods.length === 0 && !others.some(({ kind = '' }) => ownerKinds.has(kind))) {
    const kinds = [...new Set(objects.map(({ kind = '' }) => kind))].sort().join(', ');
    throw new CommandError(
      `there is no pod, and no owner of pods, in what was given${kinds === '' ? '' : ` (only: ${kinds})`}: ` +
        'add the file of "kubectl get pods -o json"',
    );
  }
  const moment = now === undefined ? (momentOf(objects, clock) ?? { now: clock }) : { now };
  return { pods, events, objects: others, ...moment };
}
