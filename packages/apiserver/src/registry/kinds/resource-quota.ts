import { parseQuantity } from '@kubewright/apimachinery';
import type { JsonObject, Strategy } from '../../contracts.ts';
import { invalid, required, type FieldError } from '../../field-error.ts';
import { amountsAt } from '../../resources/amounts.ts';
import { listAt, objectAt, stringsAt, textAt } from '../json-read.ts';
import {
  COMPUTE,
  isQuotaName,
  isWholeNumber,
  OF_PODS,
  quotaResourceName,
} from '../validation/resource-names.ts';
import { immutable } from '../validation/value-rules.ts';

const POD_SCOPES = [
  'Terminating',
  'NotTerminating',
  'NotBestEffort',
  'PriorityClass',
  'CrossNamespacePodAffinity',
];
/** Which standard names each scope goes with. */
const NAMES_OF_SCOPE: ReadonlyMap<string, ReadonlySet<string>> = new Map([
  ...POD_SCOPES.map((scope) => [scope, new Set(['pods', ...OF_PODS])] as const),
  ['BestEffort', new Set(['pods'])],
  ['VolumeAttributesClass', new Set(['persistentvolumeclaims', 'requests.storage'])],
]);
/** Scopes that an object is in or is not: there is nothing to choose from. */
const WITHOUT_VALUES = new Set([
  'BestEffort',
  'NotBestEffort',
  'Terminating',
  'NotTerminating',
  'CrossNamespacePodAffinity',
]);
const OPPOSITES = [
  ['BestEffort', 'NotBestEffort'],
  ['Terminating', 'NotTerminating'],
] as const;

function listErrors(path: string, list: JsonObject): FieldError[] {
  return Object.entries(list).flatMap(([name, value]) => {
    const at = `${path}[${name}]`;
    // Decoding has refused what is no quantity.
    const amount = parseQuantity(value as string);
    const errors = quotaResourceName(at, name);
    if (amount.nanos < 0n) {
      errors.push(invalid(at, value, 'must be greater than or equal to 0'));
    }
    if (isWholeNumber(name) && amount.toMilli() % 1000n !== 0n) {
      errors.push(invalid(at, value, 'must be an integer'));
    }
    return errors;
  });
}

function hasOpposites(scopes: readonly string[]): boolean[] {
  return OPPOSITES.map((pair) => pair.every((scope) => scopes.includes(scope))).filter(Boolean);
}

/** The standard names in `hard` that a scope cannot be applied to. */
function unfitNames(scope: string, hard: JsonObject): string[] {
  const fit = NAMES_OF_SCOPE.get(scope);
  if (fit === undefined) return [];
  return Object.keys(hard).filter((name) => isQuotaName(name) && !fit.has(name));
}

function scopeErrors(spec: JsonObject, hard: JsonObject): FieldError[] {
  const path = 'spec.scopes';
  const scopes = stringsAt(spec, 'scopes');
  const errors: FieldError[] = [];
  for (const scope of scopes) {
    if (!NAMES_OF_SCOPE.has(scope)) errors.push(invalid(path, scopes, 'unsupported scope'));
    for (const _name of unfitNames(scope, hard)) {
      errors.push(invalid(path, scopes, 'unsupported scope applied to resource'));
    }
  }
  for (const _pair of hasOpposites(scopes))
    errors.push(invalid(path, scopes, 'conflicting scopes'));
  return errors;
}

function requirementErrors(path: string, requirement: JsonObject): FieldError[] {
  const scope = textAt(requirement, 'scopeName');
  const operator = textAt(requirement, 'operator');
  const values = stringsAt(requirement, 'values');
  const errors: FieldError[] = [];
  if (WITHOUT_VALUES.has(scope) && operator !== 'Exists') {
    errors.push(
      invalid(
        `${path}.operator`,
        operator,
        "must be 'Exists' when scope is any of ResourceQuotaScopeTerminating, ResourceQuotaScopeNotTerminating, ResourceQuotaScopeBestEffort, ResourceQuotaScopeNotBestEffort or ResourceQuotaScopeCrossNamespacePodAffinity",
      ),
    );
  }
  if (operator === 'In' || operator === 'NotIn') {
    if (values.length === 0) {
      errors.push(
        required(
          `${path}.values`,
          "must be at least one value when `operator` is 'In' or 'NotIn' for scope selector",
        ),
      );
    }
  } else if (operator === 'Exists' || operator === 'DoesNotExist') {
    if (values.length > 0) {
      errors.push(
        invalid(
          `${path}.values`,
          values,
          "must be no value when `operator` is 'Exist' or 'DoesNotExist' for scope selector",
        ),
      );
    }
  } else {
    errors.push(invalid(`${path}.operator`, operator, 'not a valid selector operator'));
  }
  return errors;
}

/** The selector as messages show it: by the names of its fields in Go. */
function shownSelector(requirements: readonly JsonObject[]): JsonObject {
  return {
    MatchExpressions: requirements.map((each) => ({
      ScopeName: textAt(each, 'scopeName'),
      Operator: textAt(each, 'operator'),
      Values: each['values'] === undefined ? null : stringsAt(each, 'values'),
    })),
  };
}

function selectorErrors(spec: JsonObject, hard: JsonObject): FieldError[] {
  const path = 'spec.scopeSelector.matchExpressions';
  const requirements = listAt(objectAt(spec, 'scopeSelector'), 'matchExpressions');
  const shown = shownSelector(requirements);
  const errors: FieldError[] = [];
  for (const requirement of requirements) {
    const scope = textAt(requirement, 'scopeName');
    if (!NAMES_OF_SCOPE.has(scope)) {
      errors.push(invalid(`${path}.scopeName`, scope, 'unsupported scope'));
    }
    for (const _name of unfitNames(scope, hard)) {
      errors.push(invalid(path, shown, 'unsupported scope applied to resource'));
    }
    errors.push(...requirementErrors(path, requirement));
  }
  const scopes = requirements.map((each) => textAt(each, 'scopeName'));
  for (const _pair of hasOpposites(scopes)) {
    // The real server shows the other list of scopes here.
    const others = spec['scopes'] === undefined ? null : stringsAt(spec, 'scopes');
    errors.push(invalid(path, others, 'conflicting scopes'));
  }
  return errors;
}

function validateSpec(object: JsonObject): FieldError[] {
  const spec = objectAt(object, 'spec');
  const hard = objectAt(spec, 'hard');
  return [
    ...listErrors('spec.hard', hard),
    ...scopeErrors(spec, hard),
    ...selectorErrors(spec, hard),
  ];
}

function scopeChange(object: JsonObject, old: JsonObject): FieldError[] {
  const scopes = stringsAt(objectAt(object, 'spec'), 'scopes');
  const before = stringsAt(objectAt(old, 'spec'), 'scopes');
  const isSame = new Set(scopes).symmetricDifference(new Set(before)).size === 0;
  return isSame ? [] : [immutable('spec.scopes', scopes.length === 0 ? null : scopes)];
}

/** A request that can never be met, since its limit comes first. */
function warnings(object: JsonObject): string[] {
  const hard = amountsAt(objectAt(object, 'spec'), 'hard');
  return [...COMPUTE, 'storage', 'ephemeral-storage'].flatMap((name) => {
    const bare = COMPUTE.includes(name) ? name : '';
    const requestName = hard.has(`requests.${name}`) ? `requests.${name}` : bare;
    const limitName = `limits.${name}`;
    const [request, limit] = [hard.get(requestName), hard.get(limitName)];
    if (request === undefined || limit === undefined || request.compare(limit) <= 0) return [];
    return [
      `ResourceQuota ${requestName} (${request.toString()}) should be less than ${limitName} (${limit.toString()})`,
    ];
  });
}

/** The behaviour of ResourceQuotas. */
export const resourceQuota: Partial<Strategy> = {
  validate: validateSpec,
  validateUpdate: (object, old) => [...validateSpec(object), ...scopeChange(object, old)],
  validateStatusUpdate: (object) => {
    const status = objectAt(object, 'status');
    return ['hard', 'used'].flatMap((key) => listErrors(`status.${key}`, objectAt(status, key)));
  },
  warnings: (object, old) => (old === undefined ? warnings(object) : []),
};
