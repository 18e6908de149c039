import type { Strategy } from '../../contracts.ts';
import { type FieldError, invalid, required } from '../../field-error.ts';
import { setOrDelete } from '../../metadata/system-metadata.ts';
import { ensureObject, listAt, numberAt, objectAt, setDefault, textAt } from '../json-read.ts';

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
  validate(object) {
    const spec = objectAt(object, 'spec');
    const max = numberAt(spec, 'maxReplicas') ?? 0;
    const min = numberAt(spec, 'minReplicas') ?? 1;
    const target = objectAt(spec, 'scaleTargetRef');
    const errors: FieldError[] = [];
    if (max < 1) errors.push(required('spec.maxReplicas', 'must be set and greater than 0'));
    if (max < min) {
      const text = 'must be greater than or equal to `minReplicas`';
      errors.push(invalid('spec.maxReplicas', max, text));
    }
    for (const field of ['kind', 'name']) {
      if (textAt(target, field) === '') errors.push(required(`spec.scaleTargetRef.${field}`));
    }
    const version = textAt(target, 'apiVersion');
    if (version === '') {
      const text = 'apiVersion must specify API group';
      errors.push(invalid('spec.scaleTargetRef.apiVersion', version, text));
    }
    return errors;
  },
};
