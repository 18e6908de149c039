import { celMap, celMethod, CelScalar, isCelMap, type CelFunc, type CelValue } from '@bufbuild/cel';
import { validateDnsLabel, validateDnsSubdomain } from '@kubewright/apimachinery';
import { serviceAccountGroups, serviceAccountUsername } from '../access/user-names.ts';
import type {
  AuthorizationAttributes,
  AuthorizationDecision,
  Authorizer,
  UserInfo,
} from '../contracts.ts';
import { isOpaque, opaqueText, opaqueValue } from './opaque-value.ts';

const { BOOL, DYN, STRING } = CelScalar;

/** The resource that a request is for, as `authorizer.requestResource` names it. */
export type RequestResource = Pick<
  AuthorizationAttributes,
  'group' | 'resource' | 'subresource' | 'namespace' | 'name'
>;

/** What is asked of the authorizer, but for the verb. */
type Check = Omit<AuthorizationAttributes, 'verb'>;

/**
 * The authorizer that expressions ask. One instance belongs to one compiled environment and is told the authorizer before
 * each evaluation; evaluation is synchronous, so no two share it at a time.
 */
export class AskedAuthorizer {
  #authorizer: Authorizer | undefined;

  /** From now on expressions ask this one. */
  use(authorizer: Authorizer): void {
    this.#authorizer = authorizer;
  }

  decide(check: Check, verb: string): CelValue {
    if (this.#authorizer === undefined) throw new Error('there is no authorizer to ask');
    return write('decision', this.#authorizer.authorize({ ...check, verb }));
  }
}

// Opaque values hold a text: what they stand for travels as JSON, written and read here only. So it has its type.
function write(type: string, value: object): CelValue {
  return opaqueValue(type, JSON.stringify(value));
}
function userOf(value: CelValue): UserInfo {
  return JSON.parse(opaqueText('authorizer', value)) as UserInfo;
}
function checkOf(type: 'pathCheck' | 'groupCheck' | 'resourceCheck', value: CelValue): Check {
  return JSON.parse(opaqueText(type, value)) as Check;
}
function decisionOf(value: CelValue): AuthorizationDecision {
  return JSON.parse(opaqueText('decision', value)) as AuthorizationDecision;
}

function newCheck(user: UserInfo): Check {
  return {
    user,
    resourceRequest: true,
    group: '',
    version: '*',
    resource: '',
    subresource: '',
    namespace: '',
    name: '',
    path: '',
  };
}

const REQUEST_RESOURCE = 'requestResource';

/** The variable `authorizer`: asks about this user, unless an expression names a service account. */
export function authorizerValue(user: UserInfo, requested?: RequestResource): CelValue {
  const value = write('authorizer', user);
  if (requested === undefined || !isCelMap(value)) return value;
  // The evaluator reads `authorizer.requestResource` as a member.
  const check = write('resourceCheck', { ...newCheck(user), ...requested });
  return celMap(new Map([...value.entries(), [REQUEST_RESOURCE, check]]));
}

function notEmpty(what: string, text: string): string {
  if (text.trim() === '') throw new Error(`${what} must not be empty`);
  return text;
}

function serviceAccount(namespace: string, name: string): UserInfo {
  if (validateDnsSubdomain(name).length > 0) throw new Error('Invalid service account name');
  if (validateDnsLabel(namespace).length > 0) throw new Error('Invalid service account namespace');
  return {
    username: serviceAccountUsername({ namespace, name }),
    groups: serviceAccountGroups(namespace),
  };
}

/** What can be asked of `authorizer`. Selectors are taken and ignored: no authorizer here decides by them. */
export function authorizerFunctions(asked: AskedAuthorizer): CelFunc[] {
  const part = (name: string, member: keyof RequestResource): CelFunc =>
    celMethod(name, DYN, [STRING], DYN, function (text) {
      return write('resourceCheck', { ...checkOf('resourceCheck', this), [member]: text });
    });
  const selector = (name: string): CelFunc =>
    celMethod(name, DYN, [STRING], DYN, function () {
      return this;
    });
  return [
    celMethod('path', DYN, [STRING], DYN, function (path) {
      const check = newCheck(userOf(this));
      return write('pathCheck', { ...check, resourceRequest: false, path: notEmpty('path', path) });
    }),
    celMethod('group', DYN, [STRING], DYN, function (group) {
      return write('groupCheck', { ...newCheck(userOf(this)), group });
    }),
    celMethod('serviceAccount', DYN, [STRING, STRING], DYN, function (namespace, name) {
      opaqueText('authorizer', this); // nothing else has service accounts
      return authorizerValue(serviceAccount(namespace, name));
    }),
    celMethod('resource', DYN, [STRING], DYN, function (resource) {
      const check = checkOf('groupCheck', this);
      return write('resourceCheck', { ...check, resource: notEmpty('resource', resource) });
    }),
    part('subresource', 'subresource'),
    part('namespace', 'namespace'),
    part('name', 'name'),
    selector('fieldSelector'),
    selector('labelSelector'),
    celMethod('check', DYN, [STRING], DYN, function (verb) {
      const type = isOpaque('pathCheck', this) ? 'pathCheck' : 'resourceCheck';
      return asked.decide(checkOf(type, this), verb);
    }),
    celMethod('allowed', DYN, [], BOOL, function () {
      return decisionOf(this).allowed;
    }),
    celMethod('reason', DYN, [], STRING, function () {
      return decisionOf(this).reason;
    }),
    // Deciding never fails here: roles are in memory.
    celMethod('errored', DYN, [], BOOL, function () {
      opaqueText('decision', this);
      return false;
    }),
    celMethod('error', DYN, [], STRING, function () {
      opaqueText('decision', this);
      return '';
    }),
  ];
}
