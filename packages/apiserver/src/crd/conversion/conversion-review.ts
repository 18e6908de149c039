import { randomUUID } from 'node:crypto';
import type { JsonObject } from '../../contracts.ts';
import type { WebhookTarget } from '../../webhooks/client-config.ts';
import type { WebhookCaller } from '../../webhooks/webhook-caller.ts';
import { WebhookError } from '../../webhooks/webhook-error.ts';
import { objectIn } from '../definition-view.ts';

const GROUP = 'apiextensions.k8s.io';
/** How long a conversion may take, in seconds, as in the real server. */
const TIMEOUT_SECONDS = 30;

/** The webhook that converts the objects of a definition. */
export interface ConversionWebhook {
  readonly caller: WebhookCaller;
  readonly target: WebhookTarget;
  /** `v1` or `v1beta1`: the first version of ConversionReview that both sides know. */
  readonly reviewVersion: string;
}

/**
 * Asks the webhook to convert objects, all in one review.
 *
 * @returns what it answered, one for each object, not looked at yet
 * @throws WebhookError when it does not answer, refuses, or answers no review
 */
export async function reviewConversion(
  { caller, target, reviewVersion }: ConversionWebhook,
  objects: readonly JsonObject[],
  desiredAPIVersion: string,
): Promise<unknown[]> {
  const uid = randomUUID();
  const apiVersion = `${GROUP}/${reviewVersion}`;
  const answer = await caller.call({
    target,
    review: {
      kind: 'ConversionReview',
      apiVersion,
      request: { uid, desiredAPIVersion, objects },
    },
    timeoutSeconds: TIMEOUT_SECONDS,
  });
  checkReviewType(answer, reviewVersion);
  const response = objectIn(answer, 'response');
  if (response === undefined) throw new WebhookError('no response provided');
  const answeredUid: unknown = response['uid'] ?? '';
  if (answeredUid !== uid) {
    throw new WebhookError(
      `expected response.uid=${JSON.stringify(uid)}, got ${JSON.stringify(answeredUid)}`,
    );
  }
  const result = objectIn(response, 'result') ?? {};
  if (result['status'] !== 'Success') {
    const { message, status = '' } = result as Record<string, unknown>;
    throw new WebhookError(
      typeof message === 'string' && message !== ''
        ? message
        : `response.result.status was '${String(status)}', not 'Success'`,
    );
  }
  const { convertedObjects } = response as { convertedObjects?: unknown };
  // What the elements are is looked at by the caller.
  return Array.isArray(convertedObjects) ? (convertedObjects as unknown[]) : [];
}

function checkReviewType(answer: JsonObject, reviewVersion: string): void {
  const { apiVersion = '', kind = '' } = answer as Record<string, unknown>;
  if (kind === 'ConversionReview' && apiVersion === `${GROUP}/${reviewVersion}`) return;
  const known = ['v1', 'v1beta1'].map((version) => `${GROUP}/${version}`);
  if (kind === 'ConversionReview' && known.includes(String(apiVersion))) {
    const answered = String(apiVersion).slice(GROUP.length + 1);
    throw new WebhookError(
      `converting (${answered}.ConversionReview) to (${reviewVersion}.ConversionReview): unknown conversion`,
    );
  }
  throw new WebhookError(
    `no kind ${JSON.stringify(kind)} is registered for version ${JSON.stringify(apiVersion)} in scheme "pkg/runtime/scheme.go:111"`,
  );
}
