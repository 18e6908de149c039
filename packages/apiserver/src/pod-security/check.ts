import type { JsonObject } from '../contracts.ts';
import { listAt, objectAt, textAt } from '../registry/json-read.ts';

/** A pod, or a template of pods. */
export interface PodSubject {
  readonly annotations: Readonly<Record<string, string>>;
  readonly spec: JsonObject;
  /** Init containers, containers and ephemeral containers, in this order. */
  readonly containers: readonly JsonObject[];
}

/** In which way a pod goes beyond a level. */
export interface Finding {
  readonly reason: string;
  readonly detail: string;
}

/** Looks at one aspect of a pod. */
export type Inspect = (pod: PodSubject) => Finding | undefined;

/** One rule of a level, in the versions in which it has changed. */
export interface Check {
  /** Findings come in the order of the ids, those of `baseline` first. */
  readonly id: string;
  /** Ascending. Before the first the rule did not exist. */
  readonly versions: readonly {
    /** The x of `v1.x`. */
    readonly since: number;
    readonly inspect: Inspect;
  }[];
  /** The rule of `baseline` that this one of `restricted` takes the place of. */
  readonly replaces?: string;
}

/** Reads a pod or a template of pods. */
export function podSubject({ metadata, spec }: JsonObject): PodSubject {
  // Decoded by their schema.
  const podSpec = (spec ?? {}) as JsonObject;
  return {
    annotations: objectAt((metadata ?? {}) as JsonObject, 'annotations'),
    spec: podSpec,
    containers: ['initContainers', 'containers', 'ephemeralContainers'].flatMap((list) =>
      listAt(podSpec, list),
    ),
  };
}

/** The security context of a pod or of a container. */
export function securityOf(holder: JsonObject): JsonObject {
  return objectAt(holder, 'securityContext');
}

/** Names as messages list them: `"a", "b"`. */
export function quoted(items: Iterable<string>): string {
  return [...items].map((item) => `"${item}"`).join(', ');
}

/** Each once, sorted. */
export function sortedSet(items: Iterable<string>): string[] {
  return [...new Set(items)].sort();
}

/** The word for one, or for any other number. */
export function plural(count: number, one: string, many = `${one}s`): string {
  return count === 1 ? one : many;
}

/** `container "a"`, `containers "a", "b"`. */
export function containersText(containers: readonly JsonObject[]): string {
  const names = containers.map((container) => textAt(container, 'name'));
  return `${plural(names.length, 'container')} ${quoted(names)}`;
}

/** Who has set something: the pod, containers, or both. */
export function settersText(isPod: boolean, containers: readonly JsonObject[]): string {
  const who = isPod ? ['pod'] : [];
  if (containers.length > 0) who.push(containersText(containers));
  return who.join(' and ');
}

/** User namespaces take the sting out of being root in a container. */
export function hasOwnUsers({ spec }: PodSubject): boolean {
  return spec['hostUsers'] === false;
}

/** Whether a pod is for nodes with Windows, where the rules about Linux say nothing. */
export function isWindows({ spec }: PodSubject): boolean {
  return textAt(objectAt(spec, 'os'), 'name') === 'windows';
}
