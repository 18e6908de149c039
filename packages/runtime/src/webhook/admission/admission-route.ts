import {
  createJsonPatch,
  deepEqual,
  isJsonObject,
  type JsonObject,
  type KubernetesObject,
} from '@kubewright/apimachinery';
import { MalformedReviewError, type WebhookRoute } from '../webhook-route.ts';
import type { AdmissionDecision } from './admission-decision.ts';
import type { AdmissionRequest } from './admission-request.ts';
import type { AdmissionWebhook } from './admission-webhook.ts';

/** Longest review, in bytes: two objects of the longest request, and what is around them; as in controller-runtime. */
const maxBytes = 7 * 1024 * 1024;

/** Answers the AdmissionReviews (`admission.k8s.io/v1`) for one webhook. */
export function admissionRoute(webhook: AdmissionWebhook): WebhookRoute {
  return {
    path: webhook.path,
    maxBytes,
    async answer(review, signal) {
      const request = requestOf(review);
      const warnings: string[] = [];
      const context = { signal, warn: (message: string) => void warnings.push(message) };
      const { decision, object } = await webhook.handle(request, context);
      return {
        apiVersion: 'admission.k8s.io/v1',
        kind: 'AdmissionReview',
        response: {
          uid: request.uid,
          ...outcomeOf(decision),
          ...(decision === undefined ? patchOf(request, object) : {}),
          ...(warnings.length === 0 ? {} : { warnings }),
        },
      };
    },
  };
}

function outcomeOf(decision: AdmissionDecision): object {
  if (decision === undefined) return { allowed: true };
  const { message, code, reason, causes } = decision;
  return {
    allowed: false,
    status: { message, code, reason, ...(causes.length === 0 ? {} : { details: { causes } }) },
  };
}

function patchOf(
  request: AdmissionRequest<KubernetesObject>,
  object: KubernetesObject | undefined,
): object {
  if (object === undefined || request.operation === 'DELETE') return {};
  if (deepEqual(request.object, object)) return {};
  const operations = JSON.stringify(createJsonPatch(request.object, object));
  return { patchType: 'JSONPatch', patch: Buffer.from(operations).toString('base64') };
}

function requestOf(review: unknown): AdmissionRequest<KubernetesObject> {
  if (
    !isJsonObject(review) ||
    review['kind'] !== 'AdmissionReview' ||
    review['apiVersion'] !== 'admission.k8s.io/v1'
  ) {
    throw new MalformedReviewError('this is no AdmissionReview of admission.k8s.io/v1');
  }
  const { request } = review;
  if (!isJsonObject(request)) throw new MalformedReviewError('the review has no request');
  const { uid, operation, object, oldObject, userInfo } = request;
  if (typeof uid !== 'string') throw new MalformedReviewError('the request has no uid');
  const common = {
    uid,
    name: textOf(request, 'name') ?? '',
    namespace: textOf(request, 'namespace'),
    subresource: textOf(request, 'subResource'),
    user: isJsonObject(userInfo) ? userInfo : {},
    dryRun: request['dryRun'] === true,
  };
  switch (operation) {
    case 'CREATE':
      return { ...common, operation, object: objectOf(object, 'object') };
    case 'UPDATE':
      return {
        ...common,
        operation,
        object: objectOf(object, 'object'),
        oldObject: objectOf(oldObject, 'oldObject'),
      };
    case 'DELETE':
      return { ...common, operation, oldObject: objectOf(oldObject, 'oldObject') };
    default:
      throw new MalformedReviewError(`the operation ${JSON.stringify(operation)} is not handled`);
  }
}

function textOf(request: JsonObject, member: string): string | undefined {
  const value = request[member];
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function objectOf(value: unknown, member: string): KubernetesObject {
  if (isJsonObject(value) && isJsonObject(value['metadata'])) {
    return { ...value, metadata: value['metadata'] };
  }
  throw new MalformedReviewError(`the request has no ${member} with metadata`);
}
