import { StatusError, type Status, type StatusReason } from '@kubewright/apimachinery';
import { fieldErrorText, type FieldError } from './field-error.ts';

type Details = NonNullable<Status['details']>;

/** Group and plural of the resource that a refusal is about. */
export interface GroupResource {
  readonly group: string;
  readonly plural: string;
}

/** A refusal as the API answers it. */
export function failure(
  code: number,
  reason: StatusReason,
  message: string,
  details?: Details,
): StatusError {
  return new StatusError({
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message,
    reason,
    ...(details === undefined ? {} : { details }),
    code,
  });
}

/** `plural.group`, or `plural` in the core group. */
export function qualifiedName({ group, plural }: GroupResource): string {
  return group === '' ? plural : `${plural}.${group}`;
}

function detailsOf(resource: GroupResource, name: string): Details {
  return {
    ...(name === '' ? {} : { name }),
    ...(resource.group === '' ? {} : { group: resource.group }),
    ...(resource.plural === '' ? {} : { kind: resource.plural }),
  };
}

/** 404 for an object. */
export function notFound(resource: GroupResource, name: string): StatusError {
  return failure(
    404,
    'NotFound',
    `${qualifiedName(resource)} "${name}" not found`,
    detailsOf(resource, name),
  );
}

/** 409 for a name that is taken. */
export function alreadyExists(
  resource: GroupResource,
  name: string,
  isBeingDeleted = false,
): StatusError {
  const prefix = isBeingDeleted ? 'object is being deleted: ' : '';
  return failure(
    409,
    'AlreadyExists',
    `${prefix}${qualifiedName(resource)} "${name}" already exists`,
    detailsOf(resource, name),
  );
}

/** 409 for an object that changed meanwhile, or a precondition that does not hold. */
export function conflict(resource: GroupResource, name: string, detail: string): StatusError {
  return failure(
    409,
    'Conflict',
    `Operation cannot be fulfilled on ${qualifiedName(resource)} "${name}": ${detail}`,
    detailsOf(resource, name),
  );
}

/** 403 for an object or a collection (`name` empty). */
export function forbiddenError(resource: GroupResource, name: string, detail: string): StatusError {
  const subject =
    resource.plural === ''
      ? `forbidden: ${detail}`
      : name === ''
        ? `${qualifiedName(resource)} is forbidden: ${detail}`
        : `${qualifiedName(resource)} "${name}" is forbidden: ${detail}`;
  return failure(403, 'Forbidden', subject, detailsOf(resource, name));
}

/** 400. */
export function badRequest(message: string): StatusError {
  return failure(400, 'BadRequest', message);
}

/** 500. */
export function internalError(message: string): StatusError {
  return failure(500, 'InternalError', `Internal error occurred: ${message}`, {
    causes: [{ message }],
  });
}

/** 500 for what the real server answers without classifying it: a message and no reason. */
export function unclassifiedError(message: string): StatusError {
  const { reason: _, ...status } = failure(500, 'Unknown', message).status;
  return new StatusError(status);
}

/** 405 for a resource that has not this verb. */
export function methodNotSupported(resource: GroupResource, action: string): StatusError {
  return failure(
    405,
    'MethodNotAllowed',
    `${action} is not supported on resources of kind "${qualifiedName(resource)}"`,
    detailsOf(resource, ''),
  );
}

/** 410: the resourceVersion or continue token is older than the log. */
export function expired(message: string): StatusError {
  return failure(410, 'Expired', message);
}

/**
 * 422 with one cause for each broken rule.
 *
 * @param kind group and kind of the object
 */
export function invalidError(
  kind: { readonly group: string; readonly kind: string },
  name: string,
  errors: readonly FieldError[],
): StatusError {
  const texts = [...new Set(errors.map(fieldErrorText))];
  const summary = texts.length === 1 ? (texts[0] ?? '') : `[${texts.join(', ')}]`;
  const qualified = kind.group === '' ? kind.kind : `${kind.kind}.${kind.group}`;
  return failure(422, 'Invalid', `${qualified} "${name}" is invalid: ${summary}`, {
    ...(name === '' ? {} : { name }),
    ...(kind.group === '' ? {} : { group: kind.group }),
    ...(kind.kind === '' ? {} : { kind: kind.kind }),
    causes: errors.map(({ type, field, message }) => ({ reason: type, message, field })),
  });
}
