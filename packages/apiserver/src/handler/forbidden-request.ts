import type { StatusError } from '@kubewright/apimachinery';
import type { AuthorizationAttributes } from '../contracts.ts';
import { forbiddenError } from '../status.ts';

/** `cannot list resource "pods" in API group "" in the namespace "default"`, as the real server words it. */
function describeAttempt(attributes: AuthorizationAttributes): string {
  const user = `User ${JSON.stringify(attributes.user.username)}`;
  if (!attributes.resourceRequest) {
    return `${user} cannot ${attributes.verb} path ${JSON.stringify(attributes.path)}`;
  }
  const { resource, subresource, group, namespace } = attributes;
  const target = subresource === '' ? resource : `${resource}/${subresource}`;
  const place =
    namespace === '' ? 'at the cluster scope' : `in the namespace ${JSON.stringify(namespace)}`;
  return `${user} cannot ${attributes.verb} resource ${JSON.stringify(target)} in API group ${JSON.stringify(group)} ${place}`;
}

/** The 403 for a request that no rule allows. `reason` comes from the authorizer and may be empty. */
export function forbiddenRequest(attributes: AuthorizationAttributes, reason: string): StatusError {
  const attempt = describeAttempt(attributes);
  return forbiddenError(
    attributes.resourceRequest
      ? { group: attributes.group, plural: attributes.resource }
      : { group: '', plural: '' },
    attributes.resourceRequest ? attributes.name : '',
    reason === '' ? attempt : `${attempt}: ${reason}`,
  );
}
