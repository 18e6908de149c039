import {
  deepEqual,
  type ControllerRevision,
  type DeepReadonly,
  type PodTemplateSpec,
  type Stored,
} from '@kubewright/apimachinery';

/** Label of a pod with the name of the revision it was made from, and of a daemon's with the hash alone. */
export const podRevisionLabel = 'controller-revision-hash';
/** Label of a revision with the hash in its name. */
export const revisionHashLabel = 'controller.kubernetes.io/hash';

/** Characters of a workload's name that a revision's name may begin with: 253 are allowed, hash and hyphen included. */
const maxPrefix = 223;
/** Names made of these letters contain no word by chance (as the API's own generated names). */
const safeLetters = 'bcdfghjklmnpqrstvwxz2456789';

/** The `data` of a revision: a strategic merge patch that puts the template in the place of whatever is there. */
export function revisionData(
  template: DeepReadonly<PodTemplateSpec> | undefined,
): Record<string, unknown> {
  return { spec: { template: { ...template, $patch: 'replace' } } };
}

/** The pod template that a revision keeps. */
export function templateOf(revision: DeepReadonly<ControllerRevision>): PodTemplateSpec {
  const data = revision.data as { spec?: { template?: Record<string, unknown> } } | undefined; // as written by revisionData
  const { $patch: _, ...template } = data?.spec?.template ?? {};
  return structuredClone(template); // nothing of a cached revision is handed on to be changed
}

/** Whether two revisions keep the same template. */
export function isSameRevision(
  a: DeepReadonly<Pick<ControllerRevision, 'data'>>,
  b: DeepReadonly<Pick<ControllerRevision, 'data'>>,
): boolean {
  return deepEqual(a.data, b.data);
}

/** Lowest number first; of equal ones the older, then by name, so that every run decides alike. */
export function byRevision(
  revisions: readonly DeepReadonly<Stored<ControllerRevision>>[],
): DeepReadonly<Stored<ControllerRevision>>[] {
  return [...revisions].sort(
    (a, b) =>
      a.revision - b.revision ||
      Date.parse(a.metadata.creationTimestamp) - Date.parse(b.metadata.creationTimestamp) ||
      (a.metadata.name < b.metadata.name ? -1 : 1),
  );
}

/**
 * The hash in a revision's name: FNV-1 over its data and the number of collisions so far. The data is written as
 * Go writes it, so the names are those that the controllers of Kubernetes give.
 */
export function revisionHash(data: unknown, collisionCount: number): string {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(`${sortedJson(data)}${collisionCount}`)) {
    hash = (Math.imul(hash, 0x01000193) ^ byte) >>> 0;
  }
  return String(hash).replace(/\d/g, (digit) =>
    safeLetters.charAt(digit.charCodeAt(0) % safeLetters.length),
  );
}

/** The name of a revision of a workload. */
export function revisionName(workload: string, hash: string): string {
  return `${workload.slice(0, maxPrefix)}-${hash}`;
}

/** JSON with sorted keys and the characters escaped that Go escapes. */
function sortedJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(sortedJson).join(',')}]`;
  if (typeof value !== 'object' || value === null) {
    return JSON.stringify(value).replace(
      /[<>&\u2028\u2029]/g,
      (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
    );
  }
  return `{${Object.entries(value)
    .filter(([, field]) => field !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, field]) => `${sortedJson(key)}:${sortedJson(field)}`)
    .join(',')}}`;
}
