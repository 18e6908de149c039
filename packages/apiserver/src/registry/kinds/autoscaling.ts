import type { Strategy } from '../../contracts.ts';
import { setOrDelete } from '../../metadata/system-metadata.ts';
import { ensureObject, listAt, objectAt, setDefault } from '../json-read.ts';
import { validateAutoscalerSpec } from '../validation/autoscaler-rules.ts';

/** The behaviour of HorizontalPodAutoscalers of `autoscaling/v2`. */
export const autoscaler: Partial<Strategy> = {
  applyDefaults(object) {
    const spec = ensureObject(object, 'spec');
    setDefault(spec, 'minReplicas', 1);
    if (object['apiVersion'] !== 'autoscaling/v2') return;
    if (listAt(spec, 'metrics').length > 0) return;
    const target = { type: 'Utilization', averageUtilization: 80 };
    spec['metrics'] = [{ type: 'Resource', resource: { name: 'cpu', target } }];
  },
  prepareForUpdate: (object, old) => setOrDelete(object, 'status', old['status']),
  validate: (object) => validateAutoscalerSpec(objectAt(object, 'spec')),
  validateUpdate: (object) => validateAutoscalerSpec(objectAt(object, 'spec')),
};
