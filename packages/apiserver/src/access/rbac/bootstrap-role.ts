import type { JsonObject } from '../../contracts.ts';
import { RBAC_GROUP } from './policy-index.ts';

const API_VERSION = `${RBAC_GROUP}/v1`;
const AGGREGATE_LABEL = 'rbac.authorization.k8s.io/aggregate-to-';

/** A role of a fresh cluster, with the binding that gives it to someone from the start. */
export interface BootstrapRole {
  readonly name: string;
  /** Set for a Role; a ClusterRole has none. */
  readonly namespace?: string;
  readonly rules?: readonly JsonObject[];
  /** The aggregated role that takes over these rules. */
  readonly aggregatesTo?: string;
  /** Makes it an aggregated role: it takes over the rules of roles that aggregate to this name. */
  readonly gathers?: string;
  /** Who has it. Absent: there is no binding. */
  readonly subjects?: readonly JsonObject[];
  /** Default: the name of the role. */
  readonly bindingName?: string;
}

function words(text: string): string[] {
  return text.split(' ');
}

/** A rule about resources; lists are written with spaces, the core group as `core`. */
export function allow(
  groups: string,
  resources: string,
  verbs: string,
  names?: string,
): JsonObject {
  return {
    verbs: words(verbs),
    apiGroups: words(groups).map((group) => (group === 'core' ? '' : group)),
    resources: words(resources),
    ...(names === undefined ? {} : { resourceNames: words(names) }),
  };
}

/** A rule about paths; lists are written with spaces. */
export function paths(urls: string, verbs: string): JsonObject {
  return { verbs: words(verbs), nonResourceURLs: words(urls) };
}

/** A user as the subject of a binding. */
export function user(name: string): JsonObject {
  return { kind: 'User', apiGroup: RBAC_GROUP, name };
}

/** A group as the subject of a binding. */
export function group(name: string): JsonObject {
  return { kind: 'Group', apiGroup: RBAC_GROUP, name };
}

/** A service account as the subject of a binding. */
export function serviceAccount(namespace: string, name: string): JsonObject {
  return { kind: 'ServiceAccount', name, namespace };
}

function metadataOf(role: BootstrapRole, name: string, aggregatesTo?: string): JsonObject {
  return {
    name,
    ...(role.namespace === undefined ? {} : { namespace: role.namespace }),
    labels: {
      'kubernetes.io/bootstrapping': 'rbac-defaults',
      ...(aggregatesTo === undefined ? {} : { [`${AGGREGATE_LABEL}${aggregatesTo}`]: 'true' }),
    },
    annotations: { 'rbac.authorization.kubernetes.io/autoupdate': 'true' },
  };
}

/** The Role or ClusterRole as it is stored; rules of aggregated roles are still to be filled. */
export function roleObject(role: BootstrapRole): JsonObject {
  return {
    kind: role.namespace === undefined ? 'ClusterRole' : 'Role',
    apiVersion: API_VERSION,
    metadata: metadataOf(role, role.name, role.aggregatesTo),
    rules: structuredClone(role.rules ?? []),
    ...(role.gathers === undefined
      ? {}
      : {
          aggregationRule: {
            clusterRoleSelectors: [
              { matchLabels: { [`${AGGREGATE_LABEL}${role.gathers}`]: 'true' } },
            ],
          },
        }),
  };
}

/** The binding of the role; undefined when nobody has it from the start. */
export function bindingObject(role: BootstrapRole): JsonObject | undefined {
  if (role.subjects === undefined) return undefined;
  const kind = role.namespace === undefined ? 'ClusterRole' : 'Role';
  return {
    kind: `${kind}Binding`,
    apiVersion: API_VERSION,
    metadata: metadataOf(role, role.bindingName ?? role.name),
    ...(role.subjects.length === 0 ? {} : { subjects: structuredClone(role.subjects) }),
    roleRef: { apiGroup: RBAC_GROUP, kind, name: role.name },
  };
}
