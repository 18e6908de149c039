import { listOf, mapOf, primitive, type CelType } from './cel-types.ts';

const TEXT = primitive('string');
const TIME = primitive('timestamp');

function objectType(name: string, fields: Readonly<Record<string, CelType>>): CelType {
  return { kind: 'object', name, fields: new Map(Object.entries(fields)) };
}

const KIND = objectType('kubernetes.GroupVersionKind', { group: TEXT, version: TEXT, kind: TEXT });
const RESOURCE = objectType('kubernetes.GroupVersionResource', {
  group: TEXT,
  version: TEXT,
  resource: TEXT,
});

const REQUEST = objectType('kubernetes.AdmissionRequest', {
  kind: KIND,
  resource: RESOURCE,
  subResource: TEXT,
  requestKind: KIND,
  requestResource: RESOURCE,
  requestSubResource: TEXT,
  name: TEXT,
  namespace: TEXT,
  operation: TEXT,
  userInfo: objectType('kubernetes.UserInfo', {
    username: TEXT,
    uid: TEXT,
    groups: listOf(TEXT),
    extra: mapOf(TEXT, listOf(TEXT)),
  }),
  dryRun: primitive('bool'),
  options: primitive('dyn'),
});

/** The members are spelt as the API server declares them, `UID` among them. */
const NAMESPACE = objectType('kubernetes.Namespace', {
  metadata: objectType('kubernetes.NamespaceMetadata', {
    name: TEXT,
    generateName: TEXT,
    namespace: TEXT,
    labels: mapOf(TEXT, TEXT),
    annotations: mapOf(TEXT, TEXT),
    UID: TEXT,
    creationTimestamp: TIME,
    deletionGracePeriodSeconds: primitive('int'),
    deletionTimestamp: TIME,
    generation: primitive('int'),
    resourceVersion: TEXT,
    finalizers: listOf(TEXT),
  }),
  spec: objectType('kubernetes.NamespaceSpec', { finalizers: listOf(TEXT) }),
  status: objectType('kubernetes.NamespaceStatus', {
    conditions: listOf(
      objectType('kubernetes.NamespaceCondition', {
        status: TEXT,
        type: TEXT,
        lastTransitionTime: TIME,
        message: TEXT,
        reason: TEXT,
      }),
    ),
    phase: TEXT,
  }),
});

/** What the expressions of a webhook or a policy can look at. */
export interface ExpressionScope {
  readonly hasAuthorizer: boolean;
  readonly hasParams: boolean;
  /** The composed variables that `variables` has, with their types; undefined when there is no such variable. */
  readonly composed?: ReadonlyMap<string, CelType> | undefined;
}

/** The variables of an expression about a request, with their types. */
export function admissionTypes(scope: ExpressionScope): ReadonlyMap<string, CelType> {
  const types = new Map<string, CelType>([
    ['object', primitive('dyn')],
    ['oldObject', primitive('dyn')],
    ['request', REQUEST],
    ['namespaceObject', NAMESPACE],
  ]);
  if (scope.hasAuthorizer) {
    types.set('authorizer', primitive('kubernetes.authorization.Authorizer'));
    types.set('authorizer.requestResource', primitive('kubernetes.authorization.ResourceCheck'));
  }
  if (scope.hasParams) types.set('params', primitive('dyn'));
  if (scope.composed !== undefined) {
    types.set('variables', {
      kind: 'object',
      name: 'kubernetes.variables',
      fields: scope.composed,
    });
  }
  return types;
}
