import type { CelInput } from '@bufbuild/cel';
import { authorizerValue } from '../../cel/authorizer-functions.ts';
import { fromAny } from '../../cel/cel-values.ts';
import type { JsonObject } from '../../contracts.ts';
import type { ReviewSubject } from './review-subject.ts';

/**
 * What every expression about a request can look at, but for the namespace.
 *
 * @param request the request part of a review
 */
export function requestVariables(
  { attributes, object, old }: ReviewSubject,
  request: JsonObject,
): Readonly<Record<string, CelInput>> {
  const { type, subresource, namespace = '', name, user } = attributes;
  const resource = { group: type.group, resource: type.plural, subresource, namespace, name };
  return {
    object: fromAny(object ?? null),
    oldObject: fromAny(old ?? null),
    request: fromAny(request),
    authorizer: authorizerValue(user, resource),
  };
}
