import type { JsonObject, StoreEvent, StoreReader, UserInfo } from '../../contracts.ts';
import { parseServiceAccountUsername } from '../user-names.ts';
import { rulesOf, type PolicyRule } from './policy-rule.ts';

/** API group of roles and bindings. */
export const RBAC_GROUP = 'rbac.authorization.k8s.io';

/** Where the store keeps roles and bindings. */
export const RBAC_KEYS = {
  roles: `roles.${RBAC_GROUP}`,
  clusterRoles: `clusterroles.${RBAC_GROUP}`,
  roleBindings: `rolebindings.${RBAC_GROUP}`,
  clusterRoleBindings: `clusterrolebindings.${RBAC_GROUP}`,
} as const;

/** Which role a binding gives. */
export interface RoleReference {
  readonly kind: 'Role' | 'ClusterRole';
  readonly name: string;
}

/** A binding as far as it concerns one of its subjects. */
export interface Grant {
  readonly binding: string;
  /** Empty for a ClusterRoleBinding. */
  readonly namespace: string;
  readonly role: RoleReference;
  /** `User "jane"`, for messages. */
  readonly subject: string;
}

interface BoundSubject {
  readonly key: string;
  readonly grant: Grant;
}

const CLUSTER = '';

function nameKey(namespace: string | undefined, name: string): string {
  return `${namespace ?? ''}/${name}`;
}

function subjectsOf(binding: JsonObject, namespace: string): BoundSubject[] {
  // Stored bindings have been decoded by their schema.
  const metadata = binding['metadata'] as JsonObject;
  const reference = (binding['roleRef'] ?? {}) as JsonObject;
  const subjects = (binding['subjects'] ?? []) as readonly JsonObject[];
  const role: RoleReference = {
    kind: reference['kind'] === 'Role' ? 'Role' : 'ClusterRole',
    name: String(reference['name'] ?? ''),
  };
  const name = String(metadata['name']);
  return subjects.flatMap((subject): BoundSubject[] => {
    const kind = String(subject['kind']);
    const subjectName = String(subject['name'] ?? '');
    const grant = { binding: name, namespace, role };
    if (kind === 'User' || kind === 'Group') {
      const described = `${kind} ${JSON.stringify(subjectName)}`;
      return [{ key: `${kind}:${subjectName}`, grant: { ...grant, subject: described } }];
    }
    if (kind !== 'ServiceAccount') return [];
    const home = String(subject['namespace'] || namespace);
    const described = `ServiceAccount ${JSON.stringify(`${subjectName}/${home}`)}`;
    return [
      { key: `ServiceAccount:${home}/${subjectName}`, grant: { ...grant, subject: described } },
    ];
  });
}

/** The keys under which grants to a user may be found. */
function keysOf(user: UserInfo): string[] {
  const account = parseServiceAccountUsername(user.username);
  return [
    `User:${user.username}`,
    ...user.groups.map((group) => `Group:${group}`),
    ...(account === undefined ? [] : [`ServiceAccount:${account.namespace}/${account.name}`]),
  ];
}

/**
 * Roles by name and bindings by subject, kept up to date with each commit of the store, so that a decision looks at
 * the bindings of one user only.
 */
export class PolicyIndex implements Disposable {
  /** `namespace/name` → rules; the namespace of a ClusterRole is empty. */
  readonly #roles = new Map<string, readonly PolicyRule[]>();
  /** Namespace (empty: cluster) → subject → grants, by key of the binding. */
  readonly #grants = new Map<string, Map<string, Map<string, Grant>>>();
  /** Subjects of each binding, so that they can be taken out again. */
  readonly #subjects = new Map<string, readonly BoundSubject[]>();
  readonly #observers: readonly Disposable[];

  constructor(store: StoreReader) {
    // All of this happens in one turn: no commit can come between.
    this.#observers = Object.values(RBAC_KEYS).map((storageKey) =>
      store.observe(storageKey, (event) => this.#apply(event)),
    );
    for (const storageKey of Object.values(RBAC_KEYS)) {
      for (const object of store.list(storageKey)) {
        // Stored objects have a name.
        const { namespace, name } = object['metadata'] as { namespace?: string; name: string };
        this.#put(storageKey, namespace ?? CLUSTER, name, object);
      }
    }
  }

  [Symbol.dispose](): void {
    for (const observer of this.#observers) observer[Symbol.dispose]();
  }

  /** The rules of a role as seen from a namespace; undefined when there is no such role. */
  rules(role: RoleReference, namespace: string): readonly PolicyRule[] | undefined {
    return this.#roles.get(nameKey(role.kind === 'Role' ? namespace : CLUSTER, role.name));
  }

  /** What bindings give to a user: those of the cluster, then those of the namespace (none for the empty one). */
  *grants(user: UserInfo, namespace: string): Generator<Grant> {
    const keys = keysOf(user);
    const places = namespace === CLUSTER ? [CLUSTER] : [CLUSTER, namespace];
    for (const place of places) {
      const bySubject = this.#grants.get(place);
      if (bySubject === undefined) continue;
      for (const key of keys) yield* bySubject.get(key)?.values() ?? [];
    }
  }

  #apply(event: StoreEvent): void {
    const namespace = event.namespace ?? CLUSTER;
    if (event.type === 'DELETED') this.#delete(event.storageKey, namespace, event.name);
    else this.#put(event.storageKey, namespace, event.name, event.object);
  }

  #put(storageKey: string, namespace: string, name: string, object: JsonObject): void {
    if (storageKey === RBAC_KEYS.roles || storageKey === RBAC_KEYS.clusterRoles) {
      this.#roles.set(nameKey(namespace, name), rulesOf(object));
      return;
    }
    this.#delete(storageKey, namespace, name);
    const bindingKey = nameKey(namespace, name);
    const subjects = subjectsOf(object, namespace);
    this.#subjects.set(bindingKey, subjects);
    let bySubject = this.#grants.get(namespace);
    if (bySubject === undefined)
      this.#grants.set(namespace, (bySubject = new Map<string, Map<string, Grant>>()));
    for (const { key, grant } of subjects) {
      let byBinding = bySubject.get(key);
      if (byBinding === undefined) bySubject.set(key, (byBinding = new Map<string, Grant>()));
      byBinding.set(bindingKey, grant);
    }
  }

  #delete(storageKey: string, namespace: string, name: string): void {
    const key = nameKey(namespace, name);
    if (storageKey === RBAC_KEYS.roles || storageKey === RBAC_KEYS.clusterRoles) {
      this.#roles.delete(key);
      return;
    }
    const bySubject = this.#grants.get(namespace);
    for (const subject of this.#subjects.get(key) ?? []) {
      const byBinding = bySubject?.get(subject.key);
      byBinding?.delete(key);
      if (byBinding?.size === 0) bySubject?.delete(subject.key);
    }
    if (bySubject?.size === 0) this.#grants.delete(namespace);
    this.#subjects.delete(key);
  }
}
