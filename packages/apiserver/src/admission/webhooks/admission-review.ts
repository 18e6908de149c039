import type { JsonObject } from '../../contracts.ts';
import { isJsonObject } from '../../schema/json-type.ts';
import { WebhookError } from '../../webhooks/webhook-error.ts';

const GROUP = 'admission.k8s.io';

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
