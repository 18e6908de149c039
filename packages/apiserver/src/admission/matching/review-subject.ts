import { randomUUID } from 'node:crypto';
import type { JsonObject, ResourceType } from '../../contracts.ts';
import { convertVersion } from '../../storage/version-reader.ts';
import type { AdmissionAttributes } from '../chain.ts';

/** A request in the version in which a webhook or a policy wants to see it. */
export interface ReviewSubject {
  readonly attributes: AdmissionAttributes;
  /** The version that the rule names. */
  readonly type: ResourceType;
  /** In that version. */
  readonly object: JsonObject | undefined;
  readonly old: JsonObject | undefined;
}

/**
 * The request as somebody wants to see it.
 *
 * @throws StatusError 500 when a webhook does not convert the object
 */
export async function reviewSubject(
  attributes: AdmissionAttributes,
  type: ResourceType,
): Promise<ReviewSubject> {
  // A subresource with a kind of its own (Scale) has it in every version.
  const isSame = type === attributes.type || attributes.kind !== undefined;
  const inVersion = async (object: JsonObject | undefined) =>
    object === undefined || isSame ? object : convertVersion(attributes.type, type, object);
  return {
    attributes,
    type,
    object: await inVersion(attributes.object),
    old: await inVersion(attributes.old),
  };
}

/** The request part of a review: the `request` of expressions. */
export function reviewRequest(subject: ReviewSubject): JsonObject {
  const { attributes, type, object, old } = subject;
  const { user, name, namespace, operation, subresource, dryRun, options } = attributes;
  // A subresource with a kind of its own (Scale) has it in every version.
  const ownKind = attributes.kind;
  const sub = subresource === '' ? undefined : subresource;
  return {
    uid: randomUUID(),
    kind: ownKind ?? kindOf(type),
    resource: resourceOf(type),
    ...(sub === undefined ? {} : { subResource: sub }),
    requestKind: ownKind ?? kindOf(attributes.type),
    requestResource: resourceOf(attributes.type),
    ...(sub === undefined ? {} : { requestSubResource: sub }),
    ...(name === '' ? {} : { name }),
    ...(namespace === undefined ? {} : { namespace }),
    operation,
    userInfo: {
      username: user.username,
      ...(user.uid === undefined ? {} : { uid: user.uid }),
      groups: user.groups,
      ...(user.extra === undefined ? {} : { extra: user.extra }),
    },
    object: object ?? null,
    oldObject: old ?? null,
    dryRun,
    options: options ?? null,
  };
}

function kindOf({ group, version, kind }: ResourceType): JsonObject {
  return { group, version, kind };
}

function resourceOf({ group, version, plural }: ResourceType): JsonObject {
  return { group, version, resource: plural };
}
