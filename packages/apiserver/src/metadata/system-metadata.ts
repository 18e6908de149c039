import { randomUUID } from 'node:crypto';
import { formatTime, generateName } from '@kubewright/apimachinery';
import type { Clock, JsonObject, ResourceType } from '../contracts.ts';
import { badRequest } from '../status.ts';

/** Marks a new object with what only the server sets. */
export function fillNewMetadata(object: JsonObject, clock: Clock): void {
  // Decoding has made metadata an object.
  const metadata = object['metadata'] as JsonObject;
  metadata['uid'] = randomUUID();
  metadata['creationTimestamp'] = formatTime(new Date(clock.now()));
  delete metadata['deletionTimestamp'];
  delete metadata['deletionGracePeriodSeconds'];
  delete metadata['selfLink'];
  delete metadata['generation'];
}

/** Gives an object without a name one from its `generateName`. */
export function fillGeneratedName(object: JsonObject): void {
  // As above.
  const metadata = object['metadata'] as JsonObject;
  const base: unknown = metadata['generateName'];
  if (typeof base === 'string' && base !== '' && (metadata['name'] ?? '') === '') {
    metadata['name'] = generateName(base);
  }
}

/** Puts the object into the namespace of the URL. @throws StatusError 400 when it names another one */
export function fillNamespace(
  type: ResourceType,
  object: JsonObject,
  namespace: string | undefined,
): void {
  // As above.
  const metadata = object['metadata'] as JsonObject;
  const own: unknown = metadata['namespace'];
  if (type.scope === 'Cluster') {
    if (own !== undefined && own !== '') {
      throw badRequest(
        'the namespace of the provided object does not match the namespace sent on the request',
      );
    }
    delete metadata['namespace'];
    return;
  }
  // Where the URL leaves the namespace empty, that of the object does not count either; its rules say that it needs one.
  if (own !== undefined && own !== '' && namespace !== undefined && own !== namespace) {
    throw badRequest(
      'the namespace of the provided object does not match the namespace sent on the request',
    );
  }
  setOrDelete(metadata, 'namespace', namespace);
}

/** Members that an update keeps when the request leaves them out. */
const KEPT_WHEN_ABSENT = ['uid', 'deletionTimestamp', 'deletionGracePeriodSeconds'] as const;

/** Carries over from the stored object what an update need not, or may not, say. */
export function carryMetadata(object: JsonObject, old: JsonObject): void {
  // Both were decoded.
  const metadata = object['metadata'] as JsonObject;
  const before = old['metadata'] as JsonObject;
  for (const field of KEPT_WHEN_ABSENT) {
    if (metadata[field] === undefined && before[field] !== undefined) {
      metadata[field] = before[field] as unknown;
    }
  }
  metadata['creationTimestamp'] = before['creationTimestamp'] as unknown;
  setOrDelete(metadata, 'generation', before['generation']);
  delete metadata['selfLink'];
}

/** Sets a member, or removes it when the value is undefined. */
export function setOrDelete(object: JsonObject, key: string, value: unknown): void {
  if (value === undefined) Reflect.deleteProperty(object, key);
  else object[key] = value;
}

/** Drops owner references that occur twice. Returns the uids of those it has dropped. */
export function dedupeOwners(object: JsonObject): string[] {
  // As above.
  const metadata = object['metadata'] as JsonObject;
  const owners = metadata['ownerReferences'] as JsonObject[] | undefined;
  if (owners === undefined) return [];
  const seen = new Set<string>();
  const unique = owners.filter((owner) => {
    const key = JSON.stringify(
      Object.entries(owner).sort(([left], [right]) => (left < right ? -1 : 1)),
    );
    const isNew = !seen.has(key);
    seen.add(key);
    return isNew;
  });
  if (unique.length === owners.length) return [];
  metadata['ownerReferences'] = unique;
  const dropped = owners.filter((owner) => !unique.includes(owner));
  return [...new Set(dropped.map((owner) => String(owner['uid'])))];
}
