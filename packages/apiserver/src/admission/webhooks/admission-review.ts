import { randomUUID } from 'node:crypto';
import type { JsonObject, ResourceType } from '../../contracts.ts';
import { isJsonObject } from '../../schema/json-type.ts';
import { WebhookError } from '../../webhooks/webhook-error.ts';
import type { AdmissionAttributes } from '../chain.ts';

const GROUP = 'admission.k8s.io';

/** What one webhook is asked: the request in the version that it wants to see. */
export interface ReviewSubject {
  readonly attributes: AdmissionAttributes;
  /** The version that the webhook's rule names. */
  readonly type: ResourceType;
  /** In that version. */
  readonly object: JsonObject | undefined;
  readonly old: JsonObject | undefined;
}

/** The request part of a review. */
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

/** What a webhook has answered, as far as it can be right. */
export interface ReviewResponse {
  readonly allowed: boolean;
  /** Why not. */
  readonly status: JsonObject | undefined;
  readonly warnings: readonly string[];
  /** Base64 of a JSON patch; empty for none. */
  readonly patch: string;
}

/** Reads an answer's type. @throws WebhookError that goes after `failed to call webhook: ` */
export function checkReviewType(answer: JsonObject, reviewVersion: string): void {
  const { apiVersion, kind } = answer as Record<string, unknown>;
  const wanted = `${GROUP}/${reviewVersion}`;
  // What is left away is taken for what was asked for.
  const isKind = kind === undefined || kind === '' || kind === 'AdmissionReview';
  if (isKind && (apiVersion === undefined || apiVersion === '' || apiVersion === wanted)) return;
  const known = ['v1', 'v1beta1'].map((version) => `${GROUP}/${version}`);
  if (isKind && known.includes(String(apiVersion))) {
    const answered = String(apiVersion).slice(GROUP.length + 1);
    throw new WebhookError(
      `converting (${answered}.AdmissionReview) to (${reviewVersion}.AdmissionReview): unknown conversion`,
    );
  }
  throw new WebhookError(
    `no kind ${JSON.stringify(kind ?? '')} is registered for version ${JSON.stringify(apiVersion ?? '')} in scheme "pkg/runtime/scheme.go:111"`,
  );
}

/** The types of the response's members. @throws WebhookError that goes after `failed to call webhook: ` */
export function checkResponseTypes(response: JsonObject): void {
  const { allowed, patch } = response as Record<string, unknown>;
  if (allowed !== undefined && typeof allowed !== 'boolean') {
    throw new WebhookError(
      `json: cannot unmarshal ${typeof allowed} into Go struct field AdmissionResponse.response.allowed of type bool`,
    );
  }
  if (typeof patch === 'string') {
    const position = /[^A-Za-z0-9+/=\r\n]/.exec(patch)?.index;
    if (position !== undefined) {
      throw new WebhookError(`illegal base64 data at input byte ${position}`);
    }
  }
}

/**
 * Looks at an answer by the rules for webhooks of its kind.
 *
 * @throws WebhookError that goes after `received invalid webhook response: `
 */
export function readResponse(
  answer: JsonObject,
  uid: string,
  kind: 'mutating' | 'validating',
): ReviewResponse {
  const response: unknown = answer['response'];
  if (!isJsonObject(response)) throw new WebhookError('webhook response was absent');
  const answeredUid: unknown = response['uid'] ?? '';
  if (answeredUid !== uid) {
    throw new WebhookError(
      `expected response.uid=${JSON.stringify(uid)}, got ${JSON.stringify(answeredUid)}`,
    );
  }
  const { patch: encoded, patchType, warnings, status } = response as Record<string, unknown>;
  const patch = typeof encoded === 'string' ? encoded : '';
  checkPatch(patch, patchType ?? undefined, kind);
  return {
    allowed: response['allowed'] === true,
    status: isJsonObject(status) ? status : undefined,
    warnings: Array.isArray(warnings) ? warnings.map(String) : [],
    patch,
  };
}

function checkPatch(patch: string, patchType: unknown, kind: 'mutating' | 'validating'): void {
  if (kind === 'validating') {
    if (patch !== '') throw new WebhookError('validating webhook may not return response.patch');
    if (patchType !== undefined) {
      throw new WebhookError('validating webhook may not return response.patchType');
    }
    return;
  }
  if (patch !== '' && patchType === undefined) {
    throw new WebhookError('webhook returned response.patch but not response.patchType');
  }
  if (patch === '' && patchType !== undefined) {
    throw new WebhookError('webhook returned response.patchType but not response.patch');
  }
  if (patchType === '') {
    throw new WebhookError('webhook returned invalid response.patchType of ""');
  }
}
