import type { JsonObject } from '../../contracts.ts';
import { ensureObject, listAt, setDefault, setDefaultText, textAt } from '../json-read.ts';
import { defaultContainer } from './container-defaults.ts';
import { defaultVolume } from './volume-defaults.ts';

/** The lists of a pod's containers, in the order in which they are checked and started. */
export const CONTAINER_LISTS = ['initContainers', 'containers', 'ephemeralContainers'] as const;

/** Time between the order to stop and the kill, in seconds. */
const GRACE_SECONDS = 30;

function defaultHostPorts(spec: JsonObject): void {
  if (spec['hostNetwork'] !== true) return;
  for (const list of CONTAINER_LISTS) {
    for (const container of listAt(spec, list)) {
      for (const port of listAt(container, 'ports')) {
        if ((port['hostPort'] ?? 0) === 0) port['hostPort'] = port['containerPort'] as unknown;
      }
    }
  }
}

/** The old name of `serviceAccountName` always says the same. */
function mirrorServiceAccount(spec: JsonObject): void {
  const name = textAt(spec, 'serviceAccountName') || textAt(spec, 'serviceAccount');
  if (name === '') return;
  spec['serviceAccountName'] = name;
  spec['serviceAccount'] = name;
}

/**
 * Fills the defaults of a pod spec.
 *
 * @param isPod of a pod itself; a template leaves some to the pods made from it
 */
export function defaultPodSpec(spec: JsonObject, isPod: boolean): void {
  mirrorServiceAccount(spec);
  setDefaultText(spec, 'dnsPolicy', 'ClusterFirst');
  setDefaultText(spec, 'restartPolicy', 'Always');
  setDefault(spec, 'terminationGracePeriodSeconds', GRACE_SECONDS);
  setDefaultText(spec, 'schedulerName', 'default-scheduler');
  ensureObject(spec, 'securityContext');
  if (isPod) setDefault(spec, 'enableServiceLinks', true);
  for (const list of CONTAINER_LISTS) {
    for (const container of listAt(spec, list)) defaultContainer(container, isPod);
  }
  for (const volume of listAt(spec, 'volumes')) defaultVolume(volume);
  // A template leaves it to the pods.
  if (isPod) defaultHostPorts(spec);
}

/** Fills the defaults of a pod template in `spec.template`. */
export function defaultPodTemplate(template: JsonObject): void {
  ensureObject(template, 'metadata');
  defaultPodSpec(ensureObject(template, 'spec'), false);
}
