import { attributesOf } from '../handler/authorize.ts';
import { forbiddenRequest } from '../handler/forbidden-request.ts';
import { parseRequestInfo } from '../handler/request-info.ts';
import type { AuthorizationAttributes, Authorizer, ServerRequest, UserInfo } from '../contracts.ts';
import { badRequest } from '../status.ts';
import {
  parseNodeUsername,
  parseServiceAccountUsername,
  serviceAccountGroups,
  SYSTEM,
} from './user-names.ts';

/** Who decides whether someone may act as someone else. */
export interface ImpersonationContext {
  readonly authorizer: Authorizer;
}

const EXTRA_PREFIX = 'impersonate-extra-';
const GROUP = 'authentication.k8s.io';

/** Whom a request asks to act as, as its headers say. */
interface Target {
  readonly username: string;
  readonly uid: string;
  readonly groups: readonly string[];
  readonly extra: Readonly<Record<string, readonly string[]>>;
}

/** One right that acting as the target needs. */
interface Need {
  readonly verb: string;
  readonly group: string;
  readonly resource: string;
  readonly subresource?: string;
  readonly namespace?: string;
  readonly name: string;
}

function valuesOf(header: string | undefined): readonly string[] {
  return header === undefined || header === '' ? [] : header.split(', ');
}

function targetOf(headers: Readonly<Record<string, string>>): Target | undefined {
  const extra: Record<string, readonly string[]> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (!name.startsWith(EXTRA_PREFIX)) continue;
    const key = name.slice(EXTRA_PREFIX.length);
    try {
      extra[decodeURIComponent(key)] = valuesOf(value);
    } catch {
      // Not an escape after all: the key is meant as it stands.
      extra[key] = valuesOf(value);
    }
  }
  const target = {
    username: headers['impersonate-user'] ?? '',
    uid: headers['impersonate-uid'] ?? '',
    groups: valuesOf(headers['impersonate-group']),
    extra,
  };
  const isEmpty =
    target.uid === '' && target.groups.length === 0 && Object.keys(extra).length === 0;
  if (target.username !== '') return target;
  if (isEmpty) return undefined;
  throw badRequest(`requested ${goLiteral(target)} without impersonating a user name`);
}

/** The target as the real server's message shows it: a literal of its own language. */
function goLiteral({ username, uid, groups, extra }: Target): string {
  const list = (values: readonly string[]) =>
    values.length === 0
      ? '[]string(nil)'
      : `[]string{${values.map((value) => JSON.stringify(value)).join(', ')}}`;
  const entries = Object.entries(extra).map(
    ([key, values]) => `${JSON.stringify(key)}:${list(values)}`,
  );
  const map = 'map[string][]string';
  const extras = entries.length === 0 ? `${map}(nil)` : `${map}{${entries.join(', ')}}`;
  return `&user.DefaultInfo{Name:${JSON.stringify(username)}, UID:${JSON.stringify(uid)}, Groups:${list(groups)}, Extra:${extras}}`;
}

function* userNeeds(target: Target, verb: string, isConstrained: boolean): Generator<Need> {
  // The older rights name users and groups in the core group.
  const core = isConstrained ? GROUP : '';
  yield { verb, group: core, resource: 'users', name: target.username };
  yield* attributeNeeds(target, verb, core);
}

function* attributeNeeds(target: Target, verb: string, core: string): Generator<Need> {
  for (const name of target.groups) yield { verb, group: core, resource: 'groups', name };
  for (const [key, values] of Object.entries(target.extra)) {
    for (const name of values) {
      yield { verb, group: GROUP, resource: 'userextras', subresource: key, name };
    }
  }
  if (target.uid !== '') yield { verb, group: GROUP, resource: 'uids', name: target.uid };
}

/** Rights that hold for all requests of the impersonator: the verb `impersonate`. */
function* unlimitedNeeds(target: Target): Generator<Need> {
  const account = parseServiceAccountUsername(target.username);
  if (account === undefined) {
    yield* userNeeds(target, 'impersonate', false);
    return;
  }
  yield { verb: 'impersonate', group: '', resource: 'serviceaccounts', ...account };
  yield* attributeNeeds(target, 'impersonate', '');
}

/** Rights that hold for some requests only; undefined for a target they cannot be given for. */
function constrainedNeeds(
  target: Target,
): { readonly mode: string; readonly needs: Iterable<Need> } | undefined {
  const account = parseServiceAccountUsername(target.username);
  const node = parseNodeUsername(target.username);
  if (account === undefined && node === undefined) {
    return { mode: 'user-info', needs: userNeeds(target, 'impersonate:user-info', true) };
  }
  const hasMore =
    target.groups.length > 0 || target.uid !== '' || Object.keys(target.extra).length > 0;
  if (hasMore) return undefined;
  if (account !== undefined) {
    const mode = 'serviceaccount';
    const verb = `impersonate:${mode}`;
    return { mode, needs: [{ verb, group: GROUP, resource: 'serviceaccounts', ...account }] };
  }
  const mode = 'arbitrary-node';
  const verb = `impersonate:${mode}`;
  return { mode, needs: [{ verb, group: GROUP, resource: 'nodes', name: node ?? '' }] };
}

/** What the request itself wants, with another user and verb. */
function attributesOfRequest(
  user: UserInfo,
  request: ServerRequest,
  verbPrefix: string,
): AuthorizationAttributes {
  const info = parseRequestInfo(request.method, request.path, request.query);
  return attributesOf(info, user, `${verbPrefix}${info.verb}`);
}

function attributesOfNeed(user: UserInfo, need: Need): AuthorizationAttributes {
  return {
    user,
    verb: need.verb,
    resourceRequest: true,
    group: need.group,
    version: 'v1',
    resource: need.resource,
    subresource: need.subresource ?? '',
    namespace: need.namespace ?? '',
    name: need.name,
    path: '',
  };
}

/** The first right that is missing, with the authorizer's reason; undefined when all are there. */
function firstMissing(
  wanted: Iterable<AuthorizationAttributes>,
  { authorizer }: ImpersonationContext,
): { readonly attributes: AuthorizationAttributes; readonly reason: string } | undefined {
  for (const attributes of wanted) {
    const { allowed, reason } = authorizer.authorize(attributes);
    if (!allowed) return { attributes, reason };
  }
  return undefined;
}

function impersonatedUser(target: Target): UserInfo {
  const account = parseServiceAccountUsername(target.username);
  const groups =
    account !== undefined && target.groups.length === 0
      ? [...serviceAccountGroups(account.namespace)]
      : [...target.groups];
  const own = target.username === SYSTEM.anonymous ? SYSTEM.unauthenticated : SYSTEM.authenticated;
  const isSettled =
    groups.includes(SYSTEM.authenticated) || groups.includes(SYSTEM.unauthenticated);
  return {
    username: target.username,
    ...(target.uid === '' ? {} : { uid: target.uid }),
    groups: isSettled ? groups : [...groups, own],
    ...(Object.keys(target.extra).length === 0 ? {} : { extra: target.extra }),
  };
}

/**
 * The user that a request acts as: the one its `Impersonate-*` headers name, when the sender may impersonate them,
 * otherwise the sender. Both ways to give the right count: the verb `impersonate` for all requests, and
 * `impersonate:<mode>` together with `impersonate-on:<mode>:<verb>` for some.
 *
 * @throws StatusError 403 without permission, 400 for groups without a user
 */
export function impersonate(
  user: UserInfo,
  request: ServerRequest,
  context: ImpersonationContext,
): UserInfo {
  const target = targetOf(request.headers);
  if (target === undefined) return user;
  const unlimited = [...unlimitedNeeds(target)].map((need) => attributesOfNeed(user, need));
  const missing = firstMissing(unlimited, context);
  if (missing === undefined) return impersonatedUser(target);
  const constrained = constrainedNeeds(target);
  if (constrained === undefined) throw forbiddenRequest(missing.attributes, missing.reason);
  const limited = [
    attributesOfRequest(user, request, `impersonate-on:${constrained.mode}:`),
    ...[...constrained.needs].map((need) => attributesOfNeed(user, need)),
  ];
  const missingLimited = firstMissing(limited, context);
  if (missingLimited === undefined) return impersonatedUser(target);
  // Whoever holds the first of the unlimited rights is told what else of these is missing.
  const isUnlimited = missing.attributes !== unlimited[0];
  const { attributes, reason } = isUnlimited ? missing : missingLimited;
  throw forbiddenRequest(attributes, reason);
}
