import { resourcePath } from '@kubewright/apimachinery';
import type { JsonObject, ResourceType, SubresourceType } from '../contracts.ts';
import { builtinComponentName } from './builtin-components.ts';
import {
  componentRef,
  customComponentName,
  operationGroup,
  upperFirst,
} from './component-names.ts';
import { pathParameters, QUERY_PARAMETERS, STREAM_PARAMETERS } from './query-parameters.ts';

const META = 'io.k8s.apimachinery.pkg.apis.meta.v1';

/** What one verb is in HTTP and in the document. */
interface VerbFacts {
  readonly method: string;
  readonly action: string;
  /** First word of the operation id. */
  readonly word: string;
  readonly sendsObject: boolean;
  readonly answer: 'object' | 'list' | 'status';
}

const VERBS: Readonly<Record<string, VerbFacts>> = {
  get: { method: 'get', action: 'get', word: 'read', sendsObject: false, answer: 'object' },
  list: { method: 'get', action: 'list', word: 'list', sendsObject: false, answer: 'list' },
  create: { method: 'post', action: 'post', word: 'create', sendsObject: true, answer: 'object' },
  update: { method: 'put', action: 'put', word: 'replace', sendsObject: true, answer: 'object' },
  patch: { method: 'patch', action: 'patch', word: 'patch', sendsObject: false, answer: 'object' },
  delete: {
    method: 'delete',
    action: 'delete',
    word: 'delete',
    sendsObject: false,
    answer: 'status',
  },
  deletecollection: {
    method: 'delete',
    action: 'deletecollection',
    word: 'deleteCollection',
    sendsObject: false,
    answer: 'status',
  },
};

const COLLECTION_VERBS = ['list', 'create', 'deletecollection'];
const OBJECT_VERBS = ['get', 'update', 'patch', 'delete'];

const PATCH_TYPES = [
  'application/apply-patch+yaml',
  'application/json-patch+json',
  'application/merge-patch+json',
];

function content(schema: JsonObject, types: readonly string[]): JsonObject {
  return Object.fromEntries(types.map((type) => [type, { schema }]));
}

/** The schema of a kind, where the document can have it. */
function schemaRef(type: ResourceType, kind: string, group: string, version: string): JsonObject {
  const isOwn = group === type.group && version === type.version;
  if (type.origin === 'custom' && isOwn) return componentRef(customComponentName(type, kind));
  const name = builtinComponentName(group, version, kind);
  return name === undefined ? { type: 'string' } : componentRef(name);
}

interface Target {
  readonly kind: string;
  readonly group: string;
  readonly version: string;
  readonly listKind: string;
  readonly subresource: SubresourceType | undefined;
}

function requestBody(type: ResourceType, verb: string, object: JsonObject): JsonObject {
  if (verb === 'patch') {
    const types = [
      ...PATCH_TYPES,
      ...(type.origin === 'builtin' ? ['application/strategic-merge-patch+json'] : []),
    ];
    return {
      requestBody: { content: content(componentRef(`${META}.Patch`), types), required: true },
    };
  }
  if (verb === 'delete' || verb === 'deletecollection') {
    return {
      requestBody: { content: content(componentRef(`${META}.DeleteOptions`), ['*/*']) },
    };
  }
  return VERBS[verb]?.sendsObject === true
    ? { requestBody: { content: content(object, ['*/*']), required: true } }
    : {};
}

function operation(
  type: ResourceType,
  verb: string,
  facts: VerbFacts,
  target: Target,
  isNamespaced: boolean,
): JsonObject {
  const object = schemaRef(type, target.kind, target.group, target.version);
  const answer =
    facts.answer === 'status'
      ? componentRef(`${META}.Status`)
      : facts.answer === 'list'
        ? schemaRef(type, target.listKind, type.group, type.version)
        : object;
  const place = `${upperFirst(operationGroup(type.group))}${upperFirst(type.version)}`;
  const scope = isNamespaced ? 'Namespaced' : '';
  const isAllNamespaces = verb === 'list' && type.scope === 'Namespaced' && !isNamespaced;
  const suffix =
    upperFirst(target.subresource?.name ?? '') + (isAllNamespaces ? 'ForAllNamespaces' : '');
  const answers = content(answer, ['application/json', 'application/yaml']);
  return {
    tags: [`${operationGroup(type.group)}_${type.version}`],
    operationId: `${facts.word}${place}${scope}${type.kind}${suffix}`,
    parameters: STREAM_PARAMETERS[target.subresource?.name ?? ''] ?? QUERY_PARAMETERS[verb] ?? [],
    ...requestBody(type, verb, object),
    responses: {
      200: { description: 'OK', content: answers },
      ...(verb === 'create' || verb === 'update' || verb === 'patch'
        ? { 201: { description: 'Created', content: answers } }
        : {}),
      ...(facts.answer === 'status' ? { 202: { description: 'Accepted', content: answers } } : {}),
      401: { description: 'Unauthorized' },
    },
    'x-kubernetes-action': facts.action,
    'x-kubernetes-group-version-kind': {
      group: target.group,
      version: target.version,
      kind: target.kind,
    },
  };
}

function pathItem(
  type: ResourceType,
  path: string,
  verbs: readonly string[],
  target: Target,
): JsonObject | undefined {
  const isNamespaced = path.includes('{namespace}');
  const operations = verbs.flatMap((verb) => {
    const facts = VERBS[verb];
    return facts === undefined
      ? []
      : [[facts.method, operation(type, verb, facts, target, isNamespaced)] as const];
  });
  if (operations.length === 0) return undefined;
  return { ...Object.fromEntries(operations), parameters: pathParameters(path) };
}

/** The paths of one resource in one version, with every verb it serves. */
export function resourcePaths(type: ResourceType): JsonObject {
  const paths: JsonObject = {};
  const main: Target = { ...type, subresource: undefined };
  const add = (path: string, verbs: readonly string[], target: Target): void => {
    const item = pathItem(type, path, verbs, target);
    if (item !== undefined) paths[path] = item;
  };
  const served = (verbs: readonly string[]): string[] =>
    verbs.filter((verb) => type.verbs.includes(verb));
  const namespace = type.scope === 'Namespaced' ? { namespace: '{namespace}' } : {};
  // The braces of a path template are no part of a URL: they stay as they are.
  const template = (options: { name?: string; subresource?: string; namespace?: string }): string =>
    decodeURIComponent(resourcePath(type, options));

  if (type.scope === 'Namespaced') add(template({}), served(['list']), main);
  add(template(namespace), served(COLLECTION_VERBS), main);
  add(template({ ...namespace, name: '{name}' }), served(OBJECT_VERBS), main);
  for (const subresource of type.subresources.values()) {
    add(
      template({ ...namespace, name: '{name}', subresource: subresource.name }),
      subresource.verbs,
      {
        kind: subresource.kind,
        group: subresource.group ?? type.group,
        version: subresource.version ?? type.version,
        listKind: type.listKind,
        subresource,
      },
    );
  }
  return paths;
}
