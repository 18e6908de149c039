import type { ContainerFacts, PodFacts } from '../facts/index.ts';

/** Name of the pod's node, to be said. */
export function nodeOf(pod: PodFacts): string {
  return pod.nodeName.text ?? '(unknown)';
}

/**
 * The container of a pod that has but one, apart from init containers and sidecars: what is wrong with the pod keeps
 * this one from its work. Undefined for a pod with several, where naming one would accuse it.
 */
export function soleContainer(pod: PodFacts): ContainerFacts | undefined {
  const apps = pod.containers.filter(({ type }) => type === 'app');
  return apps.length === 1 ? apps[0] : undefined;
}

/** {@link soleContainer} as a part of a conclusion. */
export function placedInSole(pod: PodFacts): { readonly container?: ContainerFacts } {
  const container = soleContainer(pod);
  return container === undefined ? {} : { container };
}
