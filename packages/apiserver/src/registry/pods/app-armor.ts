import { deepEqual } from '@kubewright/apimachinery';
import type { JsonObject } from '../../contracts.ts';
import { ensureObject, listAt, objectAt, textAt } from '../json-read.ts';
import { CONTAINER_LISTS } from './pod-spec-defaults.ts';

/** Annotations of pods with the profile of a container, from before there were fields. */
export const APPARMOR_PREFIX = 'container.apparmor.security.beta.kubernetes.io/';

const LOCALHOST = 'localhost/';

/** What an annotation stands for; undefined when it cannot be read. */
function profileOf(annotation: string): JsonObject | undefined {
  if (annotation === 'unconfined') return { type: 'Unconfined' };
  if (annotation === 'runtime/default') return { type: 'RuntimeDefault' };
  if (!annotation.startsWith(LOCALHOST)) return undefined;
  const localhostProfile = annotation.slice(LOCALHOST.length);
  // The rules of the field: no blanks around it, and no path that is too long for a node.
  const isFit =
    localhostProfile !== '' &&
    localhostProfile.trim() === localhostProfile &&
    localhostProfile.length <= 4095;
  return isFit ? { type: 'Localhost', localhostProfile } : undefined;
}

/** Makes fields of a pod's old annotations, where containers have none. */
export function readAppArmorAnnotations(pod: JsonObject, warn: (text: string) => void): void {
  const spec = objectAt(pod, 'spec');
  if (textAt(objectAt(spec, 'os'), 'name') === 'windows') return;
  const annotations = objectAt(objectAt(pod, 'metadata'), 'annotations');
  const podProfile: unknown = objectAt(spec, 'securityContext')['appArmorProfile'];
  for (const list of CONTAINER_LISTS) {
    for (const container of listAt(spec, list)) {
      const key = APPARMOR_PREFIX + textAt(container, 'name');
      if (annotations[key] === undefined) continue;
      if (objectAt(container, 'securityContext')['appArmorProfile'] !== undefined) continue;
      const profile = profileOf(textAt(annotations, key));
      // What the pod says already needs no repeating.
      if (profile !== undefined && deepEqual(profile, podProfile)) continue;
      if (profile !== undefined) {
        ensureObject(container, 'securityContext')['appArmorProfile'] = profile;
      }
      warn(
        `metadata.annotations[${key}]: deprecated since v1.30; use the "appArmorProfile" field instead`,
      );
    }
  }
}
