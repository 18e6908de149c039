import type { JsonObject, Strategy } from '../../contracts.ts';
import { invalid } from '../../field-error.ts';
import {
  ensureObject,
  listAt,
  objectAt,
  setDefault,
  setDefaultText,
  textAt,
} from '../json-read.ts';
import { validateIngressClassSpec } from '../validation/ingress-class-rules.ts';
import { validateIngressSpec } from '../validation/ingress-rules.ts';
import { validateNetworkPolicySpec } from '../validation/network-policy-rules.ts';
import { immutable } from '../validation/value-rules.ts';

/** How the class of an Ingress was named before there was a field for it. */
const CLASS = 'kubernetes.io/ingress.class';

/** The behaviour of Ingresses. */
export const ingress: Partial<Strategy> = {
  validate(object) {
    const spec = objectAt(object, 'spec');
    const errors = validateIngressSpec(spec);
    const annotation = objectAt(objectAt(object, 'metadata'), 'annotations')[CLASS] as unknown;
    const className: unknown = spec['ingressClassName'];
    if (annotation !== undefined && className !== undefined && annotation !== className) {
      const text = 'must match `ingressClassName` when both are specified';
      errors.push(invalid(`annotations.${CLASS}`, annotation, text));
    }
    return errors;
  },
  validateUpdate: (object) => validateIngressSpec(objectAt(object, 'spec')),
  warnings: (object, old) =>
    old === undefined && objectAt(objectAt(object, 'metadata'), 'annotations')[CLASS] !== undefined
      ? [`annotation "${CLASS}" is deprecated, please use 'spec.ingressClassName' instead`]
      : [],
};

/** The behaviour of IngressClasses. */
export const ingressClass: Partial<Strategy> = {
  applyDefaults(object) {
    const parameters = objectAt(object, 'spec')['parameters'] as JsonObject | undefined;
    if (parameters !== undefined) setDefaultText(parameters, 'scope', 'Cluster');
  },
  validate: (object) => validateIngressClassSpec(objectAt(object, 'spec')),
  validateUpdate(object, old) {
    const [spec, before] = [objectAt(object, 'spec'), objectAt(old, 'spec')];
    const controller = textAt(spec, 'controller');
    return [
      ...(controller === textAt(before, 'controller')
        ? []
        : [immutable('spec.controller', controller)]),
      ...validateIngressClassSpec(spec),
    ];
  },
};

/** The behaviour of NetworkPolicies. */
export const networkPolicy: Partial<Strategy> = {
  applyDefaults(object) {
    const spec = ensureObject(object, 'spec');
    ensureObject(spec, 'podSelector');
    for (const rule of [...listAt(spec, 'ingress'), ...listAt(spec, 'egress')]) {
      for (const port of listAt(rule, 'ports')) setDefaultText(port, 'protocol', 'TCP');
    }
    setDefault(
      spec,
      'policyTypes',
      listAt(spec, 'egress').length > 0 ? ['Ingress', 'Egress'] : ['Ingress'],
    );
  },
  validate: (object) => validateNetworkPolicySpec(objectAt(object, 'spec')),
  validateUpdate: (object) => validateNetworkPolicySpec(objectAt(object, 'spec')),
};
