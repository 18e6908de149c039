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

/** The container that mounts the volume which the message means, when it is one; else the only one. */
export function placedBy(pod: PodFacts, message: string): { readonly container?: ContainerFacts } {
  return placedByVolumes(pod, volumesMeant(pod, message));
}

/** Whether a volume that the message means has a claim: another node may hold it still. */
export function meansClaim(pod: PodFacts, message: string): boolean {
  const names = claimed(pod).map(({ text }) => text);
  return volumesMeant(pod, message).some(({ text }) => names.includes(text));
}

/** The container that mounts any of these volumes of the pod, when it is one; else the only one. */
export function placedByVolumes(
  pod: PodFacts,
  volumes: readonly Field[],
): { readonly container?: ContainerFacts } {
  const names = volumes.map(({ text }) => text);
  const mounting = pod.containers.filter(({ spec }) =>
    spec.at('volumeMounts').items.some((mount) => names.includes(mount.at('name').text)),
  );
  const container = mounting.length === 1 ? mounting[0] : soleContainer(pod);
  return container === undefined ? {} : { container };
}

const unmounted = /unmounted volumes=\[([^\]]*)\]/i;

/**
 * The volumes of the pod that a message is about, by their names. Of a claim it names the volume behind it; then another
 * message tells which did not come, else it is one of those with a claim.
 */
function volumesMeant(pod: PodFacts, message: string): readonly Field[] {
  const volumes = pod.view.at('spec', 'volumes').items;
  const namedIn = (names: readonly (string | undefined)[]): readonly Field[] =>
    volumes.map((volume) => volume.at('name')).filter(({ text }) => names.includes(text));
  const named = namedIn([volumeIn(message)]);
  if (named.length > 0) return named;
  const texts = [message, ...mountMessages(pod).map(({ text = '' }) => text)];
  const listed = namedIn(texts.flatMap((text) => unmounted.exec(text)?.[1]?.split(/\s+/) ?? []));
  if (listed.length > 0) return listed;
  return claimed(pod);
}

/** The names of the volumes of the pod that have a claim. */
export function claimed(pod: PodFacts): readonly Field[] {
  return pod.view
    .at('spec', 'volumes')
    .items.filter((volume) => volume.has('persistentVolumeClaim'))
    .map((volume) => volume.at('name'));
}
