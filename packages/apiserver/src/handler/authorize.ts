import type { Access, AuthorizationAttributes, UserInfo } from '../contracts.ts';
import { forbiddenRequest } from './forbidden-request.ts';
import type { RequestInfo } from './request-info.ts';

/**
 * Asks whether a user may do what a request is for.
 *
 * @param verb - Default: that of the request.
 * @throws StatusError 403 when no rule allows it.
 */
export function authorize(
  access: Pick<Access, 'authorize'>,
  info: RequestInfo,
  user: UserInfo,
  verb: string = info.verb,
): void {
  const attributes = attributesOf(info, user, verb);
  const decision = access.authorize(attributes);
  if (!decision.allowed) throw forbiddenRequest(attributes, decision.reason);
}

/** What a request is for, as authorizers see it, with this user and verb. */
export function attributesOf(
  info: RequestInfo,
  user: UserInfo,
  verb: string,
): AuthorizationAttributes {
  return {
    user,
    verb,
    resourceRequest: info.isResource,
    group: info.group,
    version: info.version,
    resource: info.resource,
    subresource: info.subresource,
    namespace: info.namespace,
    name: info.name,
    path: info.path,
  };
}
