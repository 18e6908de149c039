import { defineResource } from '@kubewright/apimachinery';
import { createAccess } from '../src/access/access.ts';
import type {
  Access,
  AccessOptions,
  AuthorizationAttributes,
  Clock,
  JsonObject,
  ObjectStore,
  ResourceType,
  ServerRequest,
  TypeRegistry,
  UserInfo,
} from '../src/contracts.ts';
import { MemoryStore } from '../src/storage/memory-store.ts';

/** A clock that stands until it is told otherwise. */
export class StandingClock implements Clock {
  nowMs: number = Date.parse('2030-01-01T00:00:00Z');

  now(): number {
    return this.nowMs;
  }

  schedule(): Disposable {
    throw new Error('nothing here waits');
  }
}

/** Identities and rights over an empty store. */
export interface AccessFixture {
  readonly access: Access & Disposable;
  readonly store: ObjectStore;
  readonly clock: StandingClock;
}

// Identities look at no types.
const REGISTRY = {} as TypeRegistry;

export function accessFixture(options: Partial<AccessOptions> = {}): AccessFixture {
  const clock = new StandingClock();
  const store = new MemoryStore({ clock, logCapacity: 100 });
  const access = createAccess({ store, clock, registry: REGISTRY, mode: 'rbac', ...options });
  return { access, store, clock };
}

const PLURALS: Readonly<Record<string, string>> = {
  Role: 'roles.rbac.authorization.k8s.io',
  ClusterRole: 'clusterroles.rbac.authorization.k8s.io',
  RoleBinding: 'rolebindings.rbac.authorization.k8s.io',
  ClusterRoleBinding: 'clusterrolebindings.rbac.authorization.k8s.io',
  ServiceAccount: 'serviceaccounts',
  Pod: 'pods',
  Secret: 'secrets',
  Node: 'nodes',
};

export function storageKeyOf(object: JsonObject): string {
  const key = PLURALS[String(object['kind'])];
  if (key === undefined) throw new TypeError(`no storage key for ${String(object['kind'])}`);
  return key;
}

/** Puts objects in the store, new ones and changed ones. */
export function put(store: ObjectStore, ...objects: readonly JsonObject[]): void {
  for (const object of objects) {
    const { name, namespace } = object['metadata'] as { name: string; namespace?: string };
    const key = storageKeyOf(object);
    if (store.get(key, namespace, name) === undefined) store.insert(key, object);
    else {
      store.modify(key, namespace, name, (current) => ({
        ...object,
        metadata: { ...current['metadata'], ...object['metadata'] } as JsonObject,
      }));
    }
  }
}

export function role(
  name: string,
  namespace: string | undefined,
  ...rules: JsonObject[]
): JsonObject {
  return {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: namespace === undefined ? 'ClusterRole' : 'Role',
    metadata: { name, ...(namespace === undefined ? {} : { namespace }) },
    rules,
  };
}

export function binding(
  name: string,
  namespace: string | undefined,
  roleRef: string,
  ...subjects: JsonObject[]
): JsonObject {
  const [kind, roleName] = roleRef.split('/');
  return {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: namespace === undefined ? 'ClusterRoleBinding' : 'RoleBinding',
    metadata: { name, ...(namespace === undefined ? {} : { namespace }) },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind, name: roleName },
    subjects,
  };
}

export const user = (name: string): JsonObject => ({ kind: 'User', name });
export const group = (name: string): JsonObject => ({ kind: 'Group', name });
export const account = (namespace: string, name: string): JsonObject => ({
  kind: 'ServiceAccount',
  namespace,
  name,
});

export function someone(username: string, ...groups: string[]): UserInfo {
  return { username, groups: [...groups, 'system:authenticated'] };
}

/** `list pods in default`, `get pods/log web in default`, `get /metrics`. */
export function attributes(sender: UserInfo, text: string): AuthorizationAttributes {
  const [request = '', namespace = ''] = text.split(' in ');
  const [verb = '', target = '', name = ''] = request.split(' ');
  const isResource = !target.startsWith('/');
  const [qualified = '', subresource = ''] = isResource ? target.split('/') : [];
  const [resource = '', ...groupParts] = qualified.split('.');
  return {
    user: sender,
    verb,
    resourceRequest: isResource,
    group: groupParts.join('.'),
    version: isResource ? 'v1' : '',
    resource,
    subresource,
    namespace,
    name,
    path: isResource ? '' : target,
  };
}

export function request(fields: Partial<ServerRequest> = {}): ServerRequest {
  return {
    method: 'GET',
    path: '/api/v1/namespaces/default/pods',
    query: new URLSearchParams(),
    headers: {},
    body: new Uint8Array(),
    signal: new AbortController().signal,
    ...fields,
  };
}

/** A type as far as the check against escalation looks at it. */
export function rbacType(kind: string): ResourceType {
  const namespaced = kind === 'Role' || kind === 'RoleBinding';
  const resource = defineResource({
    group: 'rbac.authorization.k8s.io',
    version: 'v1',
    kind,
    plural: `${kind.toLowerCase()}s`,
    scope: namespaced ? 'Namespaced' : 'Cluster',
  });
  return resource as unknown as ResourceType;
}
