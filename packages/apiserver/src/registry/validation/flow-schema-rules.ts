import { validateDnsLabel } from '@kubewright/apimachinery';
import type { JsonObject } from '../../contracts.ts';
import { forbidden, invalid, notSupported, required, type FieldError } from '../../field-error.ts';
import { listAt, numberAt, objectAt, stringsAt, textAt } from '../json-read.ts';
import { dnsLabel, dnsSubdomain } from './value-rules.ts';

const HIGHEST_PRECEDENCE = 10_000;
const METHODS = ['ByNamespace', 'ByUser'];
const VERBS = [
  'create',
  'delete',
  'deletecollection',
  'get',
  'list',
  'patch',
  'proxy',
  'update',
  'watch',
];
/** Kinds of subjects, and the member that tells of which one. */
const SUBJECTS: Readonly<Record<string, string>> = {
  ServiceAccount: 'serviceAccount',
  User: 'user',
  Group: 'group',
};

function validateAccount(path: string, account: JsonObject): FieldError[] {
  const [name, namespace] = [textAt(account, 'name'), textAt(account, 'namespace')];
  const noNamespace = 'must specify namespace for service account';
  return [
    ...(name === '' ? [required(`${path}.name`)] : []),
    ...(name === '' || name === '*' ? [] : dnsSubdomain(`${path}.name`, name)),
    ...(namespace === ''
      ? [required(`${path}.namespace`, noNamespace)]
      : dnsLabel(`${path}.namespace`, namespace)),
  ];
}

function validateSubject(path: string, subject: JsonObject): FieldError[] {
  const kind = textAt(subject, 'kind');
  const member = Object.hasOwn(SUBJECTS, kind) ? SUBJECTS[kind] : undefined;
  if (member === undefined) {
    return [notSupported(`${path}.kind`, kind, Object.keys(SUBJECTS).sort())];
  }
  const place = `${path}.${member}`;
  const named = objectAt(subject, member);
  const errors: FieldError[] = [];
  if (subject[member] === undefined) {
    errors.push(required(place, `${member} is required when subject kind is '${kind}'`));
  } else if (member === 'serviceAccount') errors.push(...validateAccount(place, named));
  else if (textAt(named, 'name') === '') errors.push(required(`${place}.name`));
  for (const [otherKind, other] of Object.entries(SUBJECTS)) {
    if (other === member || subject[other] === undefined) continue;
    const text = `${other} is forbidden when subject kind is not '${otherKind}'`;
    errors.push(forbidden(`${path}.${other}`, text));
  }
  return errors;
}

/** A list in which a star stands for all, and then alone. */
function starredErrors(
  path: string,
  values: readonly string[],
  texts: { readonly empty: string; readonly others: string },
): FieldError[] {
  if (values.length === 0) return [required(path, texts.empty)];
  return values.length > 1 && values.includes('*')
    ? [invalid(path, values, `if '*' is present, must not specify other ${texts.others}`)]
    : [];
}

function validateVerbs(path: string, verbs: readonly string[]): FieldError[] {
  const texts = { empty: 'verbs must contain at least one value', others: 'verbs' };
  const errors = starredErrors(path, verbs, texts);
  return verbs.includes('*') || verbs.every((verb) => VERBS.includes(verb))
    ? errors
    : [...errors, notSupported(path, verbs, VERBS)];
}

function validateNamespaces(path: string, rule: JsonObject): FieldError[] {
  const namespaces = stringsAt(rule, 'namespaces');
  if (namespaces.length === 0 && rule['clusterScope'] === true) return [];
  const errors = starredErrors(path, namespaces, {
    empty: 'resource rules that are not cluster scoped must supply at least one namespace',
    others: 'namespaces',
  });
  if (namespaces.includes('*')) return errors;
  const intro = "each member of this list must be '*' or a DNS-1123 label; ";
  const ofNames = namespaces.flatMap((namespace, index) =>
    validateDnsLabel(namespace).map((text) =>
      invalid(`${path}[${index}]`, namespace, `${intro}${text}`),
    ),
  );
  return [...errors, ...ofNames];
}

function validateResourceRule(path: string, rule: JsonObject): FieldError[] {
  return [
    ...validateVerbs(`${path}.verbs`, stringsAt(rule, 'verbs')),
    ...starredErrors(`${path}.apiGroups`, stringsAt(rule, 'apiGroups'), {
      empty: 'resource rules must supply at least one api group',
      others: 'api groups',
    }),
    ...starredErrors(`${path}.resources`, stringsAt(rule, 'resources'), {
      empty: 'resource rules must supply at least one resource',
      others: 'resources',
    }),
    ...validateNamespaces(`${path}.namespaces`, rule),
  ];
}

function urlProblem(url: string): string | undefined {
  if (url === '') return 'must not be empty';
  if (url === '/') return undefined;
  if (!url.startsWith('/')) return 'must start with slash';
  if (url.includes(' ')) return 'must not contain white-space';
  if (url.includes('//')) return 'must not contain double slash';
  const stars = url.split('*').length - 1;
  return stars > 1 || (stars === 1 && !url.endsWith('/*'))
    ? 'wildcard can only do suffix matching'
    : undefined;
}

function validateUrlRule(path: string, rule: JsonObject): FieldError[] {
  const urls = stringsAt(rule, 'nonResourceURLs');
  const field = `${path}.nonResourceURLs`;
  const texts = {
    empty: 'nonResourceURLs must contain at least one value',
    others: 'non-resource URLs',
  };
  const ofUrls = urls.flatMap((url, index) => {
    const problem = urlProblem(url);
    return problem === undefined ? [] : [invalid(`${field}[${index}]`, url, problem)];
  });
  return [
    ...validateVerbs(`${path}.verbs`, stringsAt(rule, 'verbs')),
    ...starredErrors(field, urls, texts),
    ...(urls.includes('*') ? [] : ofUrls),
  ];
}

function validateRule(path: string, rule: JsonObject): FieldError[] {
  const subjects = listAt(rule, 'subjects');
  const [ofResources, ofUrls] = [listAt(rule, 'resourceRules'), listAt(rule, 'nonResourceRules')];
  const nothing = 'at least one of resourceRules and nonResourceRules has to be non-empty';
  return [
    ...(subjects.length === 0
      ? [required(`${path}.subjects`, 'subjects must contain at least one value')]
      : subjects.flatMap((subject, index) =>
          validateSubject(`${path}.subjects[${index}]`, subject),
        )),
    ...(ofResources.length + ofUrls.length === 0 ? [required(path, nothing)] : []),
    ...ofResources.flatMap((own, index) =>
      validateResourceRule(`${path}.resourceRules[${index}]`, own),
    ),
    ...ofUrls.flatMap((own, index) => validateUrlRule(`${path}.nonResourceRules[${index}]`, own)),
  ];
}

function validatePrecedence(path: string, value: number, name: string): FieldError[] {
  if (value <= 0) return [invalid(path, value, 'must be a positive value')];
  if (value > HIGHEST_PRECEDENCE) {
    return [invalid(path, value, `must not be greater than ${HIGHEST_PRECEDENCE}`)];
  }
  const reserved = "only the schema named 'exempt' may have matchingPrecedence 1";
  return value === 1 && name !== 'exempt' ? [invalid(path, value, reserved)] : [];
}

/** Rules for a FlowSchema, but for what those that the server brings along must say. */
export function validateFlowSchema(object: JsonObject): FieldError[] {
  const spec = objectAt(object, 'spec');
  const name = textAt(objectAt(object, 'metadata'), 'name');
  const method = textAt(objectAt(spec, 'distinguisherMethod'), 'type');
  const level = textAt(objectAt(spec, 'priorityLevelConfiguration'), 'name');
  const path = 'spec.priorityLevelConfiguration.name';
  return [
    ...validatePrecedence(
      'spec.matchingPrecedence',
      numberAt(spec, 'matchingPrecedence') ?? 0,
      name,
    ),
    ...(spec['distinguisherMethod'] === undefined || METHODS.includes(method)
      ? []
      : // Here messages show the whole member, in the words of the server's internal type.
        [notSupported('spec.distinguisherMethod.type', { Type: method }, METHODS)]),
    ...(level === ''
      ? [required(path, 'must reference a priority level')]
      : dnsSubdomain(path, level)),
    ...listAt(spec, 'rules').flatMap((rule, index) => validateRule(`spec.rules[${index}]`, rule)),
  ];
}
