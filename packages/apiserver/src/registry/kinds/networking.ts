import type { JsonObject, Strategy } from '../../contracts.ts';
import { invalid } from '../../field-error.ts';
import { ensureObject, listAt, objectAt, setDefault, setDefaultText } from '../json-read.ts';

/** The behaviour of Ingresses. */
export const ingress: Partial<Strategy> = {
  validate(object) {
    const spec = objectAt(object, 'spec');
    const isEmpty = listAt(spec, 'rules').length === 0 && spec['defaultBackend'] === undefined;
    return isEmpty
      ? [invalid('spec', spec, 'either `defaultBackend` or `rules` must be specified')]
      : [];
  },
};

/** The behaviour of IngressClasses. */
export const ingressClass: Partial<Strategy> = {
  applyDefaults(object) {
    const parameters = objectAt(object, 'spec')['parameters'] as JsonObject | undefined;
    if (parameters !== undefined) setDefaultText(parameters, 'scope', 'Cluster');
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
};
