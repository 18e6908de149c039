import type { UserInfo } from '../contracts.ts';

/** Groups and names that the server itself gives out. */
export const SYSTEM = {
  anonymous: 'system:anonymous',
  authenticated: 'system:authenticated',
  unauthenticated: 'system:unauthenticated',
  masters: 'system:masters',
  serviceAccounts: 'system:serviceaccounts',
} as const;

const SERVICE_ACCOUNT_PREFIX = 'system:serviceaccount:';
const NODE_PREFIX = 'system:node:';

/** Namespace and name of a service account. */
export interface ServiceAccountName {
  readonly namespace: string;
  readonly name: string;
}

/** `system:serviceaccount:<namespace>:<name>`. */
export function serviceAccountUsername({ namespace, name }: ServiceAccountName): string {
  return `${SERVICE_ACCOUNT_PREFIX}${namespace}:${name}`;
}

/** The service account that a user name stands for; undefined for other users. */
export function parseServiceAccountUsername(username: string): ServiceAccountName | undefined {
  if (!username.startsWith(SERVICE_ACCOUNT_PREFIX)) return undefined;
  const parts = username.slice(SERVICE_ACCOUNT_PREFIX.length).split(':');
  const [namespace, name] = parts;
  if (parts.length !== 2 || !namespace || !name) return undefined;
  return { namespace, name };
}

/** The node that a user name stands for; undefined for other users. */
export function parseNodeUsername(username: string): string | undefined {
  return username.startsWith(NODE_PREFIX) ? username.slice(NODE_PREFIX.length) : undefined;
}

/** The groups of every service account of a namespace. */
export function serviceAccountGroups(namespace: string): readonly string[] {
  return [SYSTEM.serviceAccounts, `${SYSTEM.serviceAccounts}:${namespace}`];
}

/** Adds the group that tells users who proved who they are from those who did not. */
export function withAuthenticatedGroup(user: UserInfo): UserInfo {
  if (user.groups.includes(SYSTEM.authenticated) || user.groups.includes(SYSTEM.unauthenticated)) {
    return user;
  }
  return { ...user, groups: [...user.groups, SYSTEM.authenticated] };
}

/** Who sends a request without credentials. */
export const ANONYMOUS: UserInfo = Object.freeze({
  username: SYSTEM.anonymous,
  groups: Object.freeze([SYSTEM.unauthenticated]),
});
