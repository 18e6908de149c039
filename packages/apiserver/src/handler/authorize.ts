import type { StatusError } from '@kubewright/apimachinery';
import type { Access, AuthorizationAttributes, UserInfo } from '../contracts.ts';
import { forbiddenError, qualifiedName } from '../status.ts';
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
  if (!decision.allowed) throw refusal(attributes, decision.reason);
}

function attributesOf(info: RequestInfo, user: UserInfo, verb: string): AuthorizationAttributes {
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

/** The 403 of a request that the authorizer does not allow. */
function refusal(attributes: AuthorizationAttributes, reason: string): StatusError {
  const { user, verb, group, resource, subresource, namespace, name, path } = attributes;
  const detail = reason === '' ? '' : `: ${reason}`;
  const who = `User ${JSON.stringify(user.username)}`;
  if (!attributes.resourceRequest) {
    return forbiddenError(
      { group: '', plural: '' },
      '',
      `${who} cannot ${verb} path ${JSON.stringify(path)}${detail}`,
    );
  }
  const target = qualifiedName({ group: '', plural: resource });
  const full = subresource === '' ? target : `${target}/${subresource}`;
  const scope =
    namespace === '' ? 'at the cluster scope' : `in the namespace ${JSON.stringify(namespace)}`;
  return forbiddenError(
    { group, plural: resource },
    name,
    `${who} cannot ${verb} resource ${JSON.stringify(full)} in API group ${JSON.stringify(group)} ${scope}${detail}`,
  );
}
