import { deepEqual } from '@kubewright/apimachinery';
import type { JsonObject, Strategy } from '../../contracts.ts';
import { invalid, notSupported, required, type FieldError } from '../../field-error.ts';
import { ensureObject, listAt, objectAt, setDefaultText, stringsAt, textAt } from '../json-read.ts';
import { dnsSubdomain, validatePathSegment } from '../validation/value-rules.ts';

const RBAC = 'rbac.authorization.k8s.io';

function validateRule(path: string, rule: JsonObject, isNamespaced: boolean): FieldError[] {
  const errors: FieldError[] = [];
  if (stringsAt(rule, 'verbs').length === 0) {
    errors.push(required(`${path}.verbs`, 'verbs must contain at least one value'));
  }
  const urls = stringsAt(rule, 'nonResourceURLs');
  const groups = stringsAt(rule, 'apiGroups');
  const resources = stringsAt(rule, 'resources');
  if (urls.length > 0) {
    if (isNamespaced) {
      errors.push(
        invalid(
          `${path}.nonResourceURLs`,
          urls,
          'namespaced rules cannot apply to non-resource URLs',
        ),
      );
    }
    if (groups.length > 0 || resources.length > 0 || stringsAt(rule, 'resourceNames').length > 0) {
      errors.push(
        invalid(
          `${path}.nonResourceURLs`,
          urls,
          'rules cannot apply to both regular resources and non-resource URLs',
        ),
      );
    }
    return errors;
  }
  if (groups.length === 0) {
    errors.push(required(`${path}.apiGroups`, 'resource rules must supply at least one api group'));
  }
  if (resources.length === 0) {
    errors.push(required(`${path}.resources`, 'resource rules must supply at least one resource'));
  }
  return errors;
}

function roleStrategy(isNamespaced: boolean): Partial<Strategy> {
  const validate = (object: JsonObject) =>
    listAt(object, 'rules').flatMap((rule, index) =>
      validateRule(`rules[${index}]`, rule, isNamespaced),
    );
  return {
    validateName: validatePathSegment,
    validate,
    validateUpdate: validate,
  };
}

/** The behaviour of Roles. */
export const role: Partial<Strategy> = roleStrategy(true);
/** The behaviour of ClusterRoles. */
export const clusterRole: Partial<Strategy> = roleStrategy(false);

function validateSubject(path: string, subject: JsonObject, isNamespaced: boolean): FieldError[] {
  const errors: FieldError[] = [];
  const kind = textAt(subject, 'kind');
  const group = textAt(subject, 'apiGroup');
  const name = textAt(subject, 'name');
  if (name === '') errors.push(required(`${path}.name`));
  switch (kind) {
    case 'ServiceAccount':
      if (name !== '') errors.push(...dnsSubdomain(`${path}.name`, name));
      if (group !== '') errors.push(notSupported(`${path}.apiGroup`, group, ['']));
      if (!isNamespaced && textAt(subject, 'namespace') === '') {
        errors.push(required(`${path}.namespace`));
      }
      break;
    case 'User':
    case 'Group':
      if (group !== RBAC) errors.push(notSupported(`${path}.apiGroup`, group, [RBAC]));
      break;
    default:
      errors.push(notSupported(`${path}.kind`, kind, ['ServiceAccount', 'User', 'Group']));
  }
  return errors;
}

function bindingStrategy(isNamespaced: boolean): Partial<Strategy> {
  const validate = (object: JsonObject): FieldError[] => {
    const errors: FieldError[] = [];
    const reference = objectAt(object, 'roleRef');
    const group = textAt(reference, 'apiGroup');
    if (group !== RBAC) errors.push(notSupported('roleRef.apiGroup', group, [RBAC]));
    const kinds = isNamespaced ? ['Role', 'ClusterRole'] : ['ClusterRole'];
    const kind = textAt(reference, 'kind');
    if (!kinds.includes(kind)) errors.push(notSupported('roleRef.kind', kind, kinds));
    const name = textAt(reference, 'name');
    if (name === '') errors.push(required('roleRef.name'));
    else {
      for (const text of validatePathSegment(name, false)) {
        errors.push(invalid('roleRef.name', name, text));
      }
    }
    return [
      ...errors,
      ...listAt(object, 'subjects').flatMap((subject, index) =>
        validateSubject(`subjects[${index}]`, subject, isNamespaced),
      ),
    ];
  };
  return {
    validateName: validatePathSegment,
    applyDefaults(object) {
      setDefaultText(ensureObject(object, 'roleRef'), 'apiGroup', RBAC);
      for (const subject of listAt(object, 'subjects')) {
        if (subject['kind'] !== 'ServiceAccount') setDefaultText(subject, 'apiGroup', RBAC);
      }
    },
    validate,
    validateUpdate: (object, old) => [
      ...validate(object),
      ...(deepEqual(object['roleRef'], old['roleRef'])
        ? []
        : [invalid('roleRef', object['roleRef'], 'cannot change roleRef')]),
    ],
  };
}

/** The behaviour of RoleBindings. */
export const roleBinding: Partial<Strategy> = bindingStrategy(true);
/** The behaviour of ClusterRoleBindings. */
export const clusterRoleBinding: Partial<Strategy> = bindingStrategy(false);
