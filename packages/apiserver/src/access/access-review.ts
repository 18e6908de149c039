import type {
  AuthorizationAttributes,
  AuthorizationDecision,
  Authorizer,
  JsonObject,
  UserInfo,
  VirtualResource,
} from '../contracts.ts';
import { invalid, type FieldError } from '../field-error.ts';
import { badRequest, invalidError } from '../status.ts';
import { isJsonObject, objectOrEmpty } from '../schema/json-type.ts';

/** API group of access reviews. */
export const AUTHORIZATION_GROUP = 'authorization.k8s.io';

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function texts(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.map(String) : [];
}

/** The value as the real server's messages show it: with the field names of its own types. */
function pathAttributes(attributes: JsonObject): JsonObject {
  return { Path: text(attributes['path']), Verb: text(attributes['verb']) };
}

function selectorErrors(
  attributes: JsonObject,
  name: 'fieldSelector' | 'labelSelector',
): FieldError[] {
  const selector: unknown = attributes[name];
  if (!isJsonObject(selector)) return [];
  const raw = text(selector['rawSelector']);
  const field = `spec.resourceAttributes.${name}`;
  const hasRequirements = texts(selector['requirements']).length > 0;
  if (raw !== '' && hasRequirements) {
    return [
      invalid(`${field}.rawSelector`, raw, 'may not specified at the same time as requirements'),
    ];
  }
  return [];
}

function specErrors(spec: JsonObject): FieldError[] {
  const resource: unknown = spec['resourceAttributes'];
  const path: unknown = spec['nonResourceAttributes'];
  const field = 'spec.resourceAttributes';
  if (isJsonObject(resource) && isJsonObject(path)) {
    return [
      invalid(
        'spec.nonResourceAttributes',
        pathAttributes(path),
        'cannot be specified in combination with resourceAttributes',
      ),
    ];
  }
  if (!isJsonObject(resource)) {
    if (isJsonObject(path)) return [];
    return [
      invalid(
        field,
        null,
        'exactly one of nonResourceAttributes or resourceAttributes must be specified',
      ),
    ];
  }
  return [
    ...selectorErrors(resource, 'fieldSelector'),
    ...selectorErrors(resource, 'labelSelector'),
  ];
}

function metadataErrors(metadata: JsonObject, allowed: readonly string[]): FieldError[] {
  const isEmpty = Object.entries(metadata).every(
    ([key, value]) => allowed.includes(key) || value === null,
  );
  return isEmpty ? [] : [invalid('metadata', metadata, 'must be empty')];
}

function refuse(errors: readonly FieldError[]): void {
  if (errors.length > 0) throw invalidError({ group: AUTHORIZATION_GROUP, kind: '' }, '', errors);
}

function attributesOf(user: UserInfo, spec: JsonObject): AuthorizationAttributes {
  const resource: unknown = spec['resourceAttributes'];
  const nothing = {
    user,
    group: '',
    version: '',
    resource: '',
    subresource: '',
    namespace: '',
    name: '',
    path: '',
  };
  if (isJsonObject(resource)) {
    return {
      ...nothing,
      resourceRequest: true,
      verb: text(resource['verb']),
      group: text(resource['group']),
      version: text(resource['version']),
      resource: text(resource['resource']),
      subresource: text(resource['subresource']),
      namespace: text(resource['namespace']),
      name: text(resource['name']),
    };
  }
  const path = objectOrEmpty(spec['nonResourceAttributes']);
  return {
    ...nothing,
    resourceRequest: false,
    verb: text(path['verb']),
    path: text(path['path']),
  };
}

function statusOf({ allowed, reason }: AuthorizationDecision): JsonObject {
  return { allowed, ...(reason === '' ? {} : { reason }) };
}

function subjectOf(spec: JsonObject): UserInfo {
  const extra = objectOrEmpty(spec['extra']);
  return {
    username: text(spec['user']),
    uid: text(spec['uid']),
    groups: texts(spec['groups']),
    extra: Object.fromEntries(Object.entries(extra).map(([key, value]) => [key, texts(value)])),
  };
}

function subjectErrors(spec: JsonObject): FieldError[] {
  return text(spec['user']) === '' && texts(spec['groups']).length === 0
    ? [invalid('spec.user', '', 'at least one of user or group must be specified')]
    : [];
}

/** `SelfSubjectAccessReview`: may I do this? */
export function selfSubjectAccessReview(authorizer: Authorizer): VirtualResource {
  return {
    async create(object, { user }) {
      const spec = objectOrEmpty(object['spec']);
      refuse([...specErrors(spec), ...metadataErrors(objectOrEmpty(object['metadata']), [])]);
      return { ...object, status: statusOf(authorizer.authorize(attributesOf(user, spec))) };
    },
  };
}

/** `SubjectAccessReview`: may they do this? */
export function subjectAccessReview(authorizer: Authorizer): VirtualResource {
  return {
    async create(object) {
      const spec = objectOrEmpty(object['spec']);
      refuse([
        ...specErrors(spec),
        ...subjectErrors(spec),
        ...metadataErrors(objectOrEmpty(object['metadata']), []),
      ]);
      const decision = authorizer.authorize(attributesOf(subjectOf(spec), spec));
      return { ...object, status: statusOf(decision) };
    },
  };
}

/** `LocalSubjectAccessReview`: may they do this in the namespace of the request? */
export function localSubjectAccessReview(authorizer: Authorizer): VirtualResource {
  return {
    async create(object, { namespace = '' }) {
      const spec = objectOrEmpty(object['spec']);
      const metadata = objectOrEmpty(object['metadata']);
      const given = text(metadata['namespace']);
      if (given !== '' && given !== namespace) {
        throw badRequest(
          'the namespace of the provided object does not match the namespace sent on the request',
        );
      }
      const errors = [
        ...specErrors(spec),
        ...subjectErrors(spec),
        ...metadataErrors(metadata, ['namespace']),
      ];
      const resource: unknown = spec['resourceAttributes'];
      const path: unknown = spec['nonResourceAttributes'];
      if (isJsonObject(resource) && text(resource['namespace']) !== namespace) {
        errors.push(
          invalid(
            'spec.resourceAttributes.namespace',
            text(resource['namespace']),
            'must match metadata.namespace',
          ),
        );
      }
      if (isJsonObject(path) && !isJsonObject(resource)) {
        errors.push(
          invalid(
            'spec.nonResourceAttributes',
            pathAttributes(path),
            'disallowed on this kind of request',
          ),
        );
      }
      refuse(errors);
      const decision = authorizer.authorize(attributesOf(subjectOf(spec), spec));
      return { ...object, status: statusOf(decision) };
    },
  };
}
