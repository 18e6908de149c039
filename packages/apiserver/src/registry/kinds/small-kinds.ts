import { validateDnsSubdomain } from '@kubewright/apimachinery';
import type { JsonObject, Strategy } from '../../contracts.ts';
import { invalid, notSupported, required, type FieldError } from '../../field-error.ts';
import { setOrDelete } from '../../metadata/system-metadata.ts';
import {
  ensureObject,
  listAt,
  numberAt,
  objectAt,
  setDefault,
  setDefaultText,
  stringsAt,
  textAt,
} from '../json-read.ts';
import { portNumber } from '../validation/value-rules.ts';
import { validateIntOrPercent } from '../validation/workload-rules.ts';
import { validateSelector } from '../validation/selector-rules.ts';

function validateLease(object: JsonObject): FieldError[] {
  const spec = objectAt(object, 'spec');
  const errors: FieldError[] = [];
  const duration = numberAt(spec, 'leaseDurationSeconds');
  if (duration !== undefined && duration <= 0) {
    errors.push(invalid('spec.leaseDurationSeconds', duration, 'must be greater than 0'));
  }
  const transitions = numberAt(spec, 'leaseTransitions');
  if (transitions !== undefined && transitions < 0) {
    errors.push(
      invalid('spec.leaseTransitions', transitions, 'must be greater than or equal to 0'),
    );
  }
  return errors;
}

/** The behaviour of Leases. */
export const lease: Partial<Strategy> = {
  applyDefaults: (object) => void ensureObject(object, 'spec'),
  validate: validateLease,
  validateUpdate: validateLease,
};

function validateBudget(object: JsonObject): FieldError[] {
  const spec = objectAt(object, 'spec');
  const { minAvailable, maxUnavailable, selector } = spec as Record<string, unknown>;
  if (minAvailable !== undefined && maxUnavailable !== undefined) {
    return [invalid('spec', spec, 'minAvailable and maxUnavailable cannot be both set')];
  }
  return [
    ...validateIntOrPercent('spec.minAvailable', minAvailable),
    ...validateIntOrPercent('spec.maxUnavailable', maxUnavailable),
    ...validateSelector('spec.selector', (selector ?? {}) as JsonObject),
  ];
}

/** The behaviour of PodDisruptionBudgets. */
export const podDisruptionBudget: Partial<Strategy> = {
  prepareForCreate(object) {
    object['status'] = {
      disruptionsAllowed: 0,
      currentHealthy: 0,
      desiredHealthy: 0,
      expectedPods: 0,
    };
  },
  validate: validateBudget,
  validateUpdate: validateBudget,
};

/** The behaviour of Endpoints. */
export const endpoints: Partial<Strategy> = {
  applyDefaults(object) {
    for (const subset of listAt(object, 'subsets')) {
      for (const port of listAt(subset, 'ports')) setDefaultText(port, 'protocol', 'TCP');
    }
  },
};

const ADDRESS_TYPES = ['FQDN', 'IPv4', 'IPv6'];

/** The behaviour of EndpointSlices. */
export const endpointSlice: Partial<Strategy> = {
  hasGeneration: true,
  applyDefaults(object) {
    object['endpoints'] ??= null;
    object['ports'] ??= null;
    for (const port of listAt(object, 'ports')) {
      setDefault(port, 'name', '');
      setDefaultText(port, 'protocol', 'TCP');
    }
  },
  validate(object) {
    const addressType = textAt(object, 'addressType');
    const errors: FieldError[] = [];
    if (addressType === '') errors.push(required('addressType'));
    else if (!ADDRESS_TYPES.includes(addressType)) {
      errors.push(notSupported('addressType', addressType, ADDRESS_TYPES));
    }
    for (const [index, endpoint] of listAt(object, 'endpoints').entries()) {
      if (stringsAt(endpoint, 'addresses').length === 0) {
        errors.push(required(`endpoints[${index}].addresses`, 'must contain at least 1 address'));
      }
    }
    return errors;
  },
};

function validatePriorityClass(object: JsonObject): FieldError[] {
  const value = numberAt(object, 'value') ?? 0;
  const name = textAt(objectAt(object, 'metadata'), 'name');
  const max = 1_000_000_000;
  return name.startsWith('system-') || value <= max
    ? []
    : [
        {
          ...invalid('value', value, ''),
          type: 'FieldValueForbidden',
          message: `Forbidden: maximum allowed value of a user defined priority is ${max}`,
        },
      ];
}

/** The behaviour of PriorityClasses. */
export const priorityClass: Partial<Strategy> = {
  hasGeneration: true,
  applyDefaults(object) {
    setDefault(object, 'value', 0);
    setDefaultText(object, 'preemptionPolicy', 'PreemptLowerPriority');
  },
  validate: validatePriorityClass,
};

/** The behaviour of StorageClasses. */
export const storageClass: Partial<Strategy> = {
  applyDefaults(object) {
    setDefaultText(object, 'reclaimPolicy', 'Delete');
    setDefaultText(object, 'volumeBindingMode', 'Immediate');
  },
  validate: (object) => (textAt(object, 'provisioner') === '' ? [required('provisioner')] : []),
};

/** The behaviour of Ingresses. */
export const ingress: Partial<Strategy> = {
  prepareForCreate: (object) => void (object['status'] = { loadBalancer: {} }),
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
  prepareForCreate(object) {
    object['status'] =
      object['apiVersion'] === 'autoscaling/v2'
        ? { desiredReplicas: 0, currentMetrics: null }
        : { currentReplicas: 0, desiredReplicas: 0 };
  },
  prepareForUpdate: (object, old) => setOrDelete(object, 'status', old['status']),
  validate(object) {
    const spec = objectAt(object, 'spec');
    const max = numberAt(spec, 'maxReplicas') ?? 0;
    const min = numberAt(spec, 'minReplicas') ?? 1;
    if (max < 1) return [invalid('spec.maxReplicas', max, 'must be greater than 0')];
    return max < min
      ? [invalid('spec.maxReplicas', max, 'must be greater than or equal to `minReplicas`')]
      : [];
  },
};

function defaultWebhook(webhook: JsonObject): void {
  setDefaultText(webhook, 'failurePolicy', 'Fail');
  setDefaultText(webhook, 'matchPolicy', 'Equivalent');
  ensureObject(webhook, 'namespaceSelector');
  ensureObject(webhook, 'objectSelector');
  setDefault(webhook, 'timeoutSeconds', 10);
  const service = objectAt(webhook, 'clientConfig')['service'] as JsonObject | undefined;
  if (service !== undefined) setDefault(service, 'port', 443);
  for (const rule of listAt(webhook, 'rules')) setDefaultText(rule, 'scope', '*');
}

function validateWebhooks(object: JsonObject): FieldError[] {
  return listAt(object, 'webhooks').flatMap((webhook, index) => {
    const path = `webhooks[${index}]`;
    const errors = validateDnsSubdomain(textAt(webhook, 'name')).map((text) =>
      invalid(`${path}.name`, webhook['name'], text),
    );
    if (textAt(webhook, 'sideEffects') === '') errors.push(required(`${path}.sideEffects`));
    if (stringsAt(webhook, 'admissionReviewVersions').length === 0) {
      errors.push(required(`${path}.admissionReviewVersions`, 'must specify one of v1, v1beta1'));
    }
    const service = objectAt(webhook, 'clientConfig')['service'] as JsonObject | undefined;
    const port = service === undefined ? undefined : numberAt(service, 'port');
    if (port !== undefined) errors.push(...portNumber(`${path}.clientConfig.service.port`, port));
    return errors;
  });
}

/** The behaviour of ValidatingWebhookConfigurations. */
export const validatingWebhooks: Partial<Strategy> = {
  applyDefaults: (object) => listAt(object, 'webhooks').forEach(defaultWebhook),
  validate: validateWebhooks,
  validateUpdate: validateWebhooks,
};

/** The behaviour of MutatingWebhookConfigurations. */
export const mutatingWebhooks: Partial<Strategy> = {
  applyDefaults(object) {
    for (const webhook of listAt(object, 'webhooks')) {
      defaultWebhook(webhook);
      setDefaultText(webhook, 'reinvocationPolicy', 'Never');
    }
  },
  validate: validateWebhooks,
  validateUpdate: validateWebhooks,
};

/** The behaviour of ResourceQuotas. */
export const resourceQuota: Partial<Strategy> = {
  prepareForCreate: (object) => void (object['status'] = {}),
};
