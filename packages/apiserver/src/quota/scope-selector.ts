import type { JsonObject } from '../contracts.ts';
import { listAt, objectAt, stringsAt, textAt } from '../registry/json-read.ts';
import type { ScopeRequirement } from './quota-meter.ts';

/** All requirements that a quota makes of what it counts; none means that it counts everything. */
export function scopesOf(quota: JsonObject): ScopeRequirement[] {
  const spec = objectAt(quota, 'spec');
  const plain = stringsAt(spec, 'scopes').map((scopeName) => ({
    scopeName,
    operator: 'Exists',
    values: [],
  }));
  const selected = listAt(objectAt(spec, 'scopeSelector'), 'matchExpressions').map((each) => ({
    scopeName: textAt(each, 'scopeName'),
    operator: textAt(each, 'operator'),
    values: stringsAt(each, 'values'),
  }));
  return [...plain, ...selected];
}

/** Whether a name, or its absence (the empty string), meets a requirement. */
export function isOneOf({ operator, values }: ScopeRequirement, name: string): boolean {
  switch (operator) {
    case 'Exists':
      return name !== '';
    case 'DoesNotExist':
      return name === '';
    case 'In':
      return name !== '' && values.includes(name);
    case 'NotIn':
      return name === '' || !values.includes(name);
    default:
      return false;
  }
}
