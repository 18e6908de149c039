import type { ContainerFacts, Field, PodFacts } from '../facts/index.ts';
import { soleContainer } from './place.ts';
import { standingEvents } from './starting.ts';

/** What the kubelet says of mounts, newest first. */
export function mountMessages(pod: PodFacts): readonly Field[] {
  return standingEvents(pod, 'FailedMount', 'FailedMapVolume').map(({ message }) => message);
}

/** The first of the texts in which the pattern is found; empty when none is. */
export function firstText(fields: readonly Field[], pattern: RegExp): string {
  return fields.find((field) => field.matches(pattern) !== false)?.text ?? '';
}

/** Name of the volume that a message is about. */
export function volumeIn(message: string): string | undefined {
  return /for volume "([^"]+)"/i.exec(message)?.[1];
}

/** The container that mounts the volume which the message names, when it is one; else the only one. */
export function placedBy(pod: PodFacts, message: string): { readonly container?: ContainerFacts } {
  const volume = volumeIn(message);
  const mounting = pod.containers.filter(({ spec }) =>
    spec.at('volumeMounts').items.some((mount) => mount.at('name').text === volume),
  );
  const container = mounting.length === 1 ? mounting[0] : soleContainer(pod);
  return container === undefined ? {} : { container };
}
