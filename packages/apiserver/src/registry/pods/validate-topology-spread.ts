import type { JsonObject } from '../../contracts.ts';
import { duplicate, invalid, notSupported, required, type FieldError } from '../../field-error.ts';
import { listAt, numberAt, objectAt, stringsAt, textAt } from '../json-read.ts';
import { validateSelector } from '../validation/selector-rules.ts';
import { validateLabelKeys } from './validate-affinity.ts';

const ACTIONS = ['DoNotSchedule', 'ScheduleAnyway'];
const POLICIES = ['Honor', 'Ignore'];

function positive(path: string, value: number): FieldError[] {
  return value > 0 ? [] : [invalid(path, value, 'must be greater than zero')];
}

function validateConstraint(
  path: string,
  constraint: JsonObject,
  later: readonly JsonObject[],
): FieldError[] {
  const errors = positive(`${path}.maxSkew`, numberAt(constraint, 'maxSkew') ?? 0);
  const key = textAt(constraint, 'topologyKey');
  if (key === '') errors.push(required(`${path}.topologyKey`, 'can not be empty'));
  const action = textAt(constraint, 'whenUnsatisfiable');
  if (!ACTIONS.includes(action)) {
    errors.push(notSupported(`${path}.whenUnsatisfiable`, action, ACTIONS));
  }
  const isRepeated = later.some(
    (other) =>
      textAt(other, 'topologyKey') === key && textAt(other, 'whenUnsatisfiable') === action,
  );
  if (isRepeated) {
    errors.push(duplicate(`${path}.{topologyKey, whenUnsatisfiable}`, `{${key}, ${action}}`));
  }
  const domains = numberAt(constraint, 'minDomains');
  if (domains !== undefined) {
    errors.push(...positive(`${path}.minDomains`, domains));
    if (action !== 'DoNotSchedule') {
      const rule = `can only use minDomains if whenUnsatisfiable=DoNotSchedule, not ${action}`;
      errors.push(invalid(`${path}.minDomains`, domains, rule));
    }
  }
  for (const name of ['nodeAffinityPolicy', 'nodeTaintsPolicy']) {
    const policy = textAt(constraint, name);
    if (policy !== '' && !POLICIES.includes(policy)) {
      errors.push(notSupported(`${path}.${name}`, policy, POLICIES));
    }
  }
  const hasSelector = constraint['labelSelector'] !== undefined;
  return [
    ...errors,
    ...validateLabelKeys(
      `${path}.matchLabelKeys`,
      stringsAt(constraint, 'matchLabelKeys'),
      hasSelector,
    ),
    ...validateSelector(`${path}.labelSelector`, objectAt(constraint, 'labelSelector')),
  ];
}

/** Rules for the `topologySpreadConstraints` of a pod. */
export function validateTopologySpread(path: string, spec: JsonObject): FieldError[] {
  const constraints = listAt(spec, 'topologySpreadConstraints');
  return constraints.flatMap((constraint, index) =>
    validateConstraint(
      `${path}.topologySpreadConstraints[${index}]`,
      constraint,
      constraints.slice(index + 1),
    ),
  );
}
