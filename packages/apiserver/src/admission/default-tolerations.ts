import type { JsonObject } from '../contracts.ts';
import { listAt, objectAt, textAt } from '../registry/json-read.ts';
import type { AdmissionPlugin } from './chain.ts';

/** How long a pod stays on a node that is not ready or cannot be reached, in seconds. */
const TOLERATION_SECONDS = 300;

const CONDITIONS = ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable'];

function tolerates(toleration: JsonObject, key: string): boolean {
  const own = textAt(toleration, 'key');
  const effect = textAt(toleration, 'effect');
  return (own === key || own === '') && (effect === 'NoExecute' || effect === '');
}

/** Pods that say nothing about failing nodes leave them after five minutes. */
export const defaultTolerations: AdmissionPlugin = {
  name: 'DefaultTolerationSeconds',
  admit({ operation, type, subresource, object }) {
    if (operation === 'DELETE' || type.storageKey !== 'pods' || subresource !== '') return;
    if (object === undefined || operation === 'CONNECT') return;
    const spec = objectAt(object, 'spec');
    for (const key of CONDITIONS) {
      const tolerations = listAt(spec, 'tolerations');
      if (tolerations.some((toleration) => tolerates(toleration, key))) continue;
      spec['tolerations'] = [
        ...tolerations,
        { key, operator: 'Exists', effect: 'NoExecute', tolerationSeconds: TOLERATION_SECONDS },
      ];
    }
  },
};
