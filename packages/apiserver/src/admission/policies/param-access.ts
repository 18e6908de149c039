import { deepEqual } from '@kubewright/apimachinery';
import type { Authorizer, JsonObject, TypeRegistry, UserInfo } from '../../contracts.ts';
import { forbidden } from '../../field-error.ts';
import { objectAt, textAt } from '../../registry/json-read.ts';
import { invalidError } from '../../status.ts';
import type { AdmissionAttributes, AdmissionPlugin } from '../chain.ts';
import { readParamKind, type ParamKind } from './admission-policy.ts';
import { BINDINGS, POLICIES } from './policy-source.ts';

/** What {@link paramAccess} takes. */
export interface ParamAccessOptions {
  readonly registry: Pick<TypeRegistry, 'findKind'>;
  readonly authorizer: Authorizer;
}

/** What somebody has to be allowed to read. */
interface Reading {
  readonly verb: 'get' | 'list';
  readonly group: string;
  readonly version: string;
  readonly resource: string;
  readonly namespace: string;
  readonly name: string;
}

/**
 * Holds back who writes a policy or a binding with parameters that they may not read themselves: what a policy answers
 * would tell them.
 */
export function paramAccess({ registry, authorizer }: ParamAccessOptions): AdmissionPlugin {
  const mayRead = (user: UserInfo, reading: Reading): boolean =>
    authorizer.authorize({ ...reading, user, resourceRequest: true, subresource: '', path: '' })
      .allowed;
  const resourceOf = ({ group, version, kind }: ParamKind): string | undefined =>
    registry.findKind(group, version, kind)?.plural;

  const policyProblem = (user: UserInfo, spec: JsonObject, old: JsonObject): string | undefined => {
    const paramKind = readParamKind(spec);
    if (paramKind === undefined || deepEqual(spec['paramKind'], old['paramKind'])) return undefined;
    const { group, version } = paramKind;
    const resource = resourceOf(paramKind) ?? '*';
    const reading = { group, version, resource, namespace: '*', name: '*' };
    if (mayRead(user, { verb: 'get', ...reading })) return undefined;
    const { kind, apiVersion } = texts(objectAt(spec, 'paramKind'));
    return `user ${describeUser(user)} must have "get" permission on all objects of the referenced paramKind (kind=${kind}, apiVersion=${apiVersion})`;
  };

  const bindingProblem = (
    { user, store }: AdmissionAttributes,
    spec: JsonObject,
    old: JsonObject,
  ): string | undefined => {
    const policyName = textAt(spec, 'policyName');
    if (spec['paramRef'] === undefined) return undefined;
    if (deepEqual(spec['paramRef'], old['paramRef']) && policyName === old['policyName']) {
      return undefined;
    }
    const ref = objectAt(spec, 'paramRef');
    const [name, namespace] = [textAt(ref, 'name'), textAt(ref, 'namespace')];
    const verb = name === '' ? 'list' : 'get';
    const policy = store.get(POLICIES, undefined, policyName);
    const paramKind = policy === undefined ? undefined : readParamKind(objectAt(policy, 'spec'));
    const resource = paramKind === undefined ? undefined : resourceOf(paramKind);
    const { group, version } = paramKind ?? { group: '*', version: '*' };
    const reading = { verb, group, version, resource: resource ?? '*', namespace, name } as const;
    if (mayRead(user, reading)) return undefined;
    const all = `user ${describeUser(user)} does not have "${verb}" permission for all groups, versions and resources`;
    if (policy === undefined) {
      return `unable to get policy ${policyName} to determine minimum required permissions and ${all}`;
    }
    if (paramKind !== undefined && resource === undefined) {
      const { kind, apiVersion } = texts(objectAt(objectAt(policy, 'spec'), 'paramKind'));
      return `unable to resolve paramKind &{${apiVersion} ${kind}} to determine minimum required permissions and ${all}`;
    }
    return `user ${describeUser(user)} does not have "${verb}" permission on the object referenced by paramRef`;
  };

  return {
    name: 'ParamAccess',
    validate(attributes) {
      const { type, subresource, object, old, name, user } = attributes;
      if (object === undefined || subresource !== '') return;
      const [spec, oldSpec] = [objectAt(object, 'spec'), objectAt(old ?? {}, 'spec')];
      const refuse = (field: string, problem: string | undefined): void => {
        if (problem !== undefined) throw invalidError(type, name, [forbidden(field, problem)]);
      };
      if (type.storageKey === POLICIES) {
        refuse('spec.paramKind', policyProblem(user, spec, oldSpec));
      } else if (type.storageKey === BINDINGS) {
        refuse('spec.paramRef', bindingProblem(attributes, spec, oldSpec));
      }
    },
  };
}

function texts(paramKind: JsonObject): { readonly kind: string; readonly apiVersion: string } {
  return { kind: textAt(paramKind, 'kind'), apiVersion: textAt(paramKind, 'apiVersion') };
}

/** A user as the real server's words print one: a Go structure. */
function describeUser({ username, uid = '', groups, extra = {} }: UserInfo): string {
  const more = Object.entries(extra).map(([key, values]) => `${key}:[${values.join(' ')}]`);
  return `&{${username} ${uid} [${groups.join(' ')}] map[${more.join(' ')}]}`;
}
