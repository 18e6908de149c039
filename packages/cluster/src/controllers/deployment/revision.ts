import {
  deepEqual,
  type DeepReadonly,
  type Deployment,
  type PodTemplateSpec,
  type ReplicaSet,
  type Stored,
} from '@kubewright/apimachinery';

/** Label that tells the pods of one revision from those of another. */
export const podTemplateHashLabel = 'pod-template-hash';
/** Annotation with the revision number, on the Deployment and on each ReplicaSet. */
export const revisionAnnotation = 'deployment.kubernetes.io/revision';
/** Annotation on a ReplicaSet: the Deployment's size when it was last scaled. */
export const desiredReplicasAnnotation = 'deployment.kubernetes.io/desired-replicas';
/** Annotation on a ReplicaSet: the Deployment's size with surge when it was last scaled. */
export const maxReplicasAnnotation = 'deployment.kubernetes.io/max-replicas';
/** Annotation on a ReplicaSet: the revisions it stood for before, with commas between. */
export const revisionHistoryAnnotation = 'deployment.kubernetes.io/revision-history';

const notInherited = new Set([
  'kubectl.kubernetes.io/last-applied-configuration',
  revisionAnnotation,
  revisionHistoryAnnotation,
  desiredReplicasAnnotation,
  maxReplicasAnnotation,
  'deprecated.deployment.rollback.to',
]);

/** The Deployment's annotations that its ReplicaSets carry too. */
export function inheritedAnnotations(deployment: DeepReadonly<Deployment>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(deployment.metadata.annotations ?? {}).filter(([key]) => !notInherited.has(key)),
  );
}

/** Names made of these letters contain no word by chance (as the API's own generated names). */
const safeLetters = 'bcdfghjklmnpqrstvwxz2456789';

/**
 * A short name for a pod template: FNV-1a of its canonical JSON and of the number of collisions so far.
 * Equal templates have equal hashes; it need not be the hash another implementation computes.
 */
export function templateHash(
  template: DeepReadonly<PodTemplateSpec>,
  collisionCount: number,
): string {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(
    `${canonical(template)}${collisionCount > 0 ? collisionCount : ''}`,
  )) {
    hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  }
  return String(hash).replace(/[0-9]/g, (digit) =>
    safeLetters.charAt(digit.charCodeAt(0) % safeLetters.length),
  );
}

function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  return `{${Object.entries(value)
    .filter(([, field]) => field !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, field]) => `${JSON.stringify(key)}:${canonical(field)}`)
    .join(',')}}`;
}

function withoutHash(template: DeepReadonly<PodTemplateSpec> | undefined): unknown {
  if (template?.metadata?.labels === undefined) return template;
  const { [podTemplateHashLabel]: _hash, ...labels } = template.metadata.labels;
  return { ...template, metadata: { ...template.metadata, labels } };
}

/** Whether two pod templates differ in nothing but the hash label. */
export function isSameTemplate(
  a: DeepReadonly<PodTemplateSpec> | undefined,
  b: DeepReadonly<PodTemplateSpec> | undefined,
): boolean {
  return deepEqual(withoutHash(a), withoutHash(b));
}

/** The revision number of an object; 0 when it has none. */
export function revisionOf(object: DeepReadonly<ReplicaSet | Deployment>): number {
  const revision = Number(object.metadata.annotations?.[revisionAnnotation] ?? 0);
  return Number.isSafeInteger(revision) ? revision : 0;
}

/** A Deployment's ReplicaSets, told apart by its present template. */
export interface Revisions {
  /** The ReplicaSet of the present template; the oldest of them should there be several. */
  readonly newest: DeepReadonly<Stored<ReplicaSet>> | undefined;
  readonly old: readonly DeepReadonly<Stored<ReplicaSet>>[];
}

/** Finds the ReplicaSet of the present template among all of a Deployment (given oldest first). */
export function revisionsOf(
  deployment: DeepReadonly<Deployment>,
  replicaSets: readonly DeepReadonly<Stored<ReplicaSet>>[],
): Revisions {
  const newest = replicaSets.find((set) =>
    isSameTemplate(set.spec?.template, deployment.spec?.template),
  );
  return { newest, old: replicaSets.filter((set) => set !== newest) };
}
