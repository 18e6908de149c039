import type { JsonObject } from '../../contracts.ts';
import { duplicate, notSupported, type FieldError } from '../../field-error.ts';
import { listAt, objectAt, stringsAt, textAt } from '../json-read.ts';
import { pathSegmentErrors } from './path-rules.ts';
import { requestRuleErrors } from './request-rules.ts';
import { validateSelector } from './selector-rules.ts';

const POLICIES = ['Equivalent', 'Exact'];

/** The rules for a `MatchResources` whose defaults are filled. */
export function matchResourcesErrors(path: string, match: JsonObject): FieldError[] {
  const policy = textAt(match, 'matchPolicy');
  return [
    ...(POLICIES.includes(policy) ? [] : [notSupported(`${path}.matchPolicy`, policy, POLICIES)]),
    ...validateSelector(`${path}.namespaceSelector`, objectAt(match, 'namespaceSelector')),
    ...validateSelector(`${path}.objectSelector`, objectAt(match, 'objectSelector')),
    ...['resourceRules', 'excludeResourceRules'].flatMap((member) =>
      listAt(match, member).flatMap((rule, index) =>
        namedRuleErrors(`${path}.${member}[${index}]`, rule),
      ),
    ),
  ];
}

function namedRuleErrors(path: string, rule: JsonObject): FieldError[] {
  const names = new Set<string>();
  const errors = stringsAt(rule, 'resourceNames').flatMap((name, index) => {
    const place = `${path}.resourceNames[${index}]`;
    const own = pathSegmentErrors(place, name);
    if (names.has(name)) own.push(duplicate(place, name));
    names.add(name);
    return own;
  });
  return [...errors, ...requestRuleErrors(path, rule)];
}
