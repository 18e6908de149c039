import type { JsonObject } from '../../contracts.ts';
import { invalid, notSupported, required, type FieldError } from '../../field-error.ts';
import { stringsAt, textAt } from '../json-read.ts';

const OPERATIONS = ['*', 'CONNECT', 'CREATE', 'DELETE', 'UPDATE'];

/** The rules for one `RuleWithOperations`. */
export function requestRuleErrors(path: string, rule: JsonObject): FieldError[] {
  const scope = textAt(rule, 'scope');
  return [
    ...starredErrors(`${path}.operations`, rule, 'operations', 'operations', true),
    ...stringsAt(rule, 'operations').flatMap((operation, index) =>
      OPERATIONS.includes(operation)
        ? []
        : [notSupported(`${path}.operations[${index}]`, operation, OPERATIONS)],
    ),
    ...starredErrors(`${path}.apiGroups`, rule, 'apiGroups', 'API groups', true),
    ...starredErrors(`${path}.apiVersions`, rule, 'apiVersions', 'API versions', false),
    ...resourceErrors(`${path}.resources`, stringsAt(rule, 'resources')),
    ...(['', '*', 'Cluster', 'Namespaced'].includes(scope)
      ? []
      : [notSupported(`${path}.scope`, scope, ['*', 'Cluster', 'Namespaced'])]),
  ];
}

/** A list whose star stands for all. */
function starredErrors(
  path: string,
  rule: JsonObject,
  member: string,
  what: string,
  allowsEmpty: boolean,
): FieldError[] {
  const values = stringsAt(rule, member);
  if (values.length === 0) return [required(path)];
  return [
    ...(values.length > 1 && values.includes('*')
      ? [invalid(path, values, `if '*' is present, must not specify other ${what}`)]
      : []),
    ...(allowsEmpty
      ? []
      : values.flatMap((value, index) => (value === '' ? [required(`${path}[${index}]`)] : []))),
  ];
}

function resourceErrors(path: string, resources: readonly string[]): FieldError[] {
  if (resources.length === 0) return [required(path)];
  const errors: FieldError[] = [];
  // Those whose subresources, or whose resources, are all meant.
  const [allSubresources, allResources] = [new Set<string>(), new Set<string>()];
  let isPlain = false;
  for (const [index, name] of resources.entries()) {
    const place = `${path}[${index}]`;
    if (name === '') {
      errors.push(required(place));
      continue;
    }
    const [resource = '', subresource] = name.split('/', 2);
    if (subresource === undefined) {
      isPlain = true;
      continue;
    }
    const covering = [
      ...(allSubresources.has(resource) ? [`${resource}/*`] : []),
      ...(allResources.has(subresource) ? [`*/${subresource}`] : []),
    ];
    for (const cover of covering) {
      errors.push(invalid(place, name, `if '${cover}' is present, must not specify ${name}`));
    }
    if (subresource === '*') allSubresources.add(resource);
    if (resource === '*') allResources.add(subresource);
  }
  if (resources.length > 1 && resources.includes('*/*')) {
    errors.push(invalid(path, resources, "if '*/*' is present, must not specify other resources"));
  }
  const plain = resources.filter((name) => !name.includes('/'));
  if (isPlain && plain.length > 1 && plain.includes('*')) {
    errors.push(
      invalid(
        path,
        resources,
        "if '*' is present, must not specify other resources without subresources",
      ),
    );
  }
  return errors;
}
