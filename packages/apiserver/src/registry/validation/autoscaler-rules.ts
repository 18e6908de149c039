import { parseQuantity } from '@kubewright/apimachinery';
import type { JsonObject } from '../../contracts.ts';
import { forbidden, invalid, notSupported, required, type FieldError } from '../../field-error.ts';
import { listAt, numberAt, objectAt, textAt } from '../json-read.ts';
import { validatePathSegment } from './value-rules.ts';

function pathSegment(path: string, value: string, detail = ''): FieldError[] {
  return value === ''
    ? [required(path, detail)]
    : validatePathSegment(value, false).map((text) => invalid(path, value, text));
}

/** Rules for a reference to an object of any version of its kind. */
function validateReference(path: string, reference: JsonObject, needsGroup: boolean): FieldError[] {
  const errors = ['kind', 'name'].flatMap((member) =>
    pathSegment(`${path}.${member}`, textAt(reference, member)),
  );
  const version = textAt(reference, 'apiVersion');
  const text = 'apiVersion must specify API group';
  return needsGroup && !version.includes('/')
    ? [...errors, invalid(`${path}.apiVersion`, version, text)]
    : errors;
}

const TARGETS = ['Utilization', 'Value', 'AverageValue'];

function validateTarget(path: string, target: JsonObject): FieldError[] {
  const type = textAt(target, 'type');
  const errors: FieldError[] = [];
  if (type === '') errors.push(required(`${path}.type`, 'must specify a metric target type'));
  if (!TARGETS.includes(type)) {
    const text = 'must be either Utilization, Value, or AverageValue';
    errors.push(invalid(`${path}.type`, type, text));
  }
  for (const member of ['value', 'averageValue']) {
    const amount = target[member] as string | number | undefined;
    if (amount !== undefined && parseQuantity(String(amount)).nanos <= 0n) {
      errors.push(invalid(`${path}.${member}`, String(amount), 'must be positive'));
    }
  }
  const share = numberAt(target, 'averageUtilization');
  return share !== undefined && share < 1
    ? [...errors, invalid(`${path}.averageUtilization`, share, 'must be greater than 0')]
    : errors;
}

/** A share of what pods ask for, or an amount: one of the two. */
function validateShare(path: string, target: JsonObject): FieldError[] {
  const hasShare = target['averageUtilization'] !== undefined;
  const hasAmount = target['averageValue'] !== undefined;
  if (!hasShare && !hasAmount) {
    const text = 'must set either a target raw value or a target utilization';
    return [required(`${path}.averageUtilization`, text)];
  }
  const text = 'may not set both a target raw value and a target utilization';
  return hasShare && hasAmount ? [forbidden(`${path}.averageValue`, text)] : [];
}

function validateAmount(path: string, target: JsonObject, detail: string): FieldError[] {
  return target['value'] === undefined && target['averageValue'] === undefined
    ? [required(`${path}.averageValue`, detail)]
    : [];
}

function metricName(path: string, source: JsonObject): FieldError[] {
  const name = textAt(objectAt(source, 'metric'), 'name');
  return pathSegment(`${path}.metric.name`, name, 'must specify a metric name');
}

function resourceName(path: string, source: JsonObject): FieldError[] {
  return textAt(source, 'name') === ''
    ? [required(`${path}.name`, 'must specify a resource name')]
    : [];
}

type Rules = (path: string, source: JsonObject, target: JsonObject) => FieldError[];

/** The sources of metrics by their members, in the order in which they are looked at. */
const SOURCES: Readonly<Record<string, { readonly type: string; readonly rules: Rules }>> = {
  object: {
    type: 'Object',
    rules: (path, source, target) => [
      ...validateReference(`${path}.describedObject`, objectAt(source, 'describedObject'), false),
      ...metricName(path, source),
      ...validateTarget(`${path}.target`, target),
      ...validateAmount(`${path}.target`, target, 'must set either a target value or averageValue'),
    ],
  },
  external: {
    type: 'External',
    rules: (path, source, target) => [
      ...metricName(path, source),
      ...validateTarget(`${path}.target`, target),
      ...validateAmount(
        `${path}.target`,
        target,
        'must set either a target value for metric or a per-pod target',
      ),
      ...(target['value'] !== undefined && target['averageValue'] !== undefined
        ? [
            forbidden(
              `${path}.target.value`,
              'may not set both a target value for metric and a per-pod target',
            ),
          ]
        : []),
    ],
  },
  pods: {
    type: 'Pods',
    rules: (path, source, target) => [
      ...metricName(path, source),
      ...validateTarget(`${path}.target`, target),
      ...(target['averageValue'] === undefined
        ? [required(`${path}.target.averageValue`, 'must specify a positive target averageValue')]
        : []),
    ],
  },
  resource: {
    type: 'Resource',
    rules: (path, source, target) => [
      ...resourceName(path, source),
      ...validateTarget(`${path}.target`, target),
      ...validateShare(`${path}.target`, target),
    ],
  },
  containerResource: {
    type: 'ContainerResource',
    rules: (path, source, target) => [
      ...resourceName(path, source),
      ...(textAt(source, 'container') === ''
        ? [required(`${path}.container`, 'must specify a container')]
        : []),
      ...validateTarget(`${path}.target`, target),
      ...validateShare(`${path}.target`, target),
    ],
  },
};
const METRIC_TYPES = Object.values(SOURCES)
  .map(({ type }) => type)
  .sort();

function validateMetric(path: string, metric: JsonObject): FieldError[] {
  const type = textAt(metric, 'type');
  const errors: FieldError[] = [];
  if (type === '') errors.push(required(`${path}.type`, 'must specify a metric source type'));
  const expected = Object.keys(SOURCES).find((name) => SOURCES[name]?.type === type);
  if (expected === undefined) errors.push(notSupported(`${path}.type`, type, METRIC_TYPES));
  const present = Object.keys(SOURCES).filter((name) => metric[name] !== undefined);
  const [first] = present;
  if (first !== undefined) {
    const source = objectAt(metric, first);
    errors.push(
      ...(SOURCES[first]?.rules(`${path}.${first}`, source, objectAt(source, 'target')) ?? []),
    );
  }
  if (expected !== undefined && !present.includes(expected)) {
    const text = 'must populate information for the given metric source';
    errors.push(required(`${path}.${expected}`, text));
  }
  // Looked at twice, and told twice.
  if (expected === undefined) errors.push(notSupported(`${path}.type`, type, METRIC_TYPES));
  if (present.length === 1) return errors;
  return [
    ...errors,
    ...present
      .filter((name) => name !== expected)
      .map((name) => forbidden(`${path}.${name}`, 'must populate the given metric source only')),
  ];
}

const LONGEST_WINDOW_SECONDS = 3600;
const LONGEST_PERIOD_SECONDS = 1800;
const SELECT_POLICIES = ['Disabled', 'Max', 'Min'];
const POLICY_TYPES = ['Percent', 'Pods'];

function validatePolicy(path: string, policy: JsonObject): FieldError[] {
  const type = textAt(policy, 'type');
  const errors: FieldError[] = POLICY_TYPES.includes(type)
    ? []
    : [notSupported(`${path}.type`, type, POLICY_TYPES)];
  for (const member of ['value', 'periodSeconds']) {
    const number = numberAt(policy, member) ?? 0;
    if (number <= 0) errors.push(invalid(`${path}.${member}`, number, 'must be greater than zero'));
  }
  const period = numberAt(policy, 'periodSeconds') ?? 0;
  const text = `must be less than or equal to ${LONGEST_PERIOD_SECONDS}`;
  return period > LONGEST_PERIOD_SECONDS
    ? [...errors, invalid(`${path}.periodSeconds`, period, text)]
    : errors;
}

function validateScaling(path: string, rules: JsonObject): FieldError[] {
  const errors: FieldError[] = [];
  const seconds = numberAt(rules, 'stabilizationWindowSeconds') ?? 0;
  const field = `${path}.stabilizationWindowSeconds`;
  if (seconds < 0) errors.push(invalid(field, seconds, 'must be greater than or equal to zero'));
  if (seconds > LONGEST_WINDOW_SECONDS) {
    const text = `must be less than or equal to ${LONGEST_WINDOW_SECONDS}`;
    errors.push(invalid(field, seconds, text));
  }
  const select = textAt(rules, 'selectPolicy');
  if (select !== '' && !SELECT_POLICIES.includes(select)) {
    errors.push(notSupported(`${path}.selectPolicy`, select, SELECT_POLICIES));
  }
  const policies = listAt(rules, 'policies');
  // Without a list at all the defaults are filled in, which are right.
  if (rules['policies'] !== undefined && policies.length === 0) {
    errors.push(required(`${path}.policies`, 'must specify at least one Policy'));
  }
  return [
    ...errors,
    ...policies.flatMap((policy, index) => validatePolicy(`${path}.policies[${index}]`, policy)),
  ];
}

/** Rules for the spec of a HorizontalPodAutoscaler. */
export function validateAutoscalerSpec(spec: JsonObject): FieldError[] {
  const max = numberAt(spec, 'maxReplicas') ?? 0;
  const min = numberAt(spec, 'minReplicas') ?? 1;
  const errors: FieldError[] = [];
  const atLeastOne = 'must be greater than or equal to 1';
  if (min < 1) errors.push(invalid('spec.minReplicas', min, atLeastOne));
  if (max === 0) errors.push(required('spec.maxReplicas', 'must be set and greater than 0'));
  if (max < 0) errors.push(invalid('spec.maxReplicas', max, atLeastOne));
  if (max < min) {
    const text = 'must be greater than or equal to `minReplicas`';
    errors.push(invalid('spec.maxReplicas', max, text));
  }
  const metrics = listAt(spec, 'metrics');
  errors.push(
    ...validateReference('spec.scaleTargetRef', objectAt(spec, 'scaleTargetRef'), true),
    ...metrics.flatMap((metric, index) => validateMetric(`spec.metrics[${index}]`, metric)),
  );
  const isWoken = metrics.some(({ type }) => type === 'Object' || type === 'External');
  if (min === 0 && !isWoken) {
    const text =
      'must specify at least one Object or External metric to support scaling to zero replicas';
    errors.push(forbidden('spec.metrics', text));
  }
  const behavior = objectAt(spec, 'behavior');
  return [
    ...errors,
    ...['scaleUp', 'scaleDown']
      .filter((name) => behavior[name] !== undefined)
      .flatMap((name) => validateScaling(`spec.behavior.${name}`, objectAt(behavior, name))),
  ];
}
