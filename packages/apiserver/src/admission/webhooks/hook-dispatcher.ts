import { StatusError } from '@kubewright/apimachinery';
import { evaluateConditions } from '../../cel/match-conditions.ts';
import type { Authorizer, JsonObject, TypeRegistry } from '../../contracts.ts';
import { isJsonObject } from '../../schema/json-type.ts';
import { badRequest, failure, forbiddenError, internalError } from '../../status.ts';
import type { WebhookCaller } from '../../webhooks/webhook-caller.ts';
import { WebhookError } from '../../webhooks/webhook-error.ts';
import type { AdmissionAttributes } from '../chain.ts';
import { matchRequest } from '../matching/match-request.ts';
import { requestVariables } from '../matching/request-variables.ts';
import { reviewRequest, reviewSubject, type ReviewSubject } from '../matching/review-subject.ts';
import type { AdmissionHook } from './admission-hook.ts';
import {
  checkResponseTypes,
  checkReviewType,
  readResponse,
  type ReviewResponse,
} from './admission-review.ts';

/** What {@link HookDispatcher} takes. */
export interface HookDispatcherOptions {
  readonly caller: WebhookCaller;
  readonly registry: Pick<TypeRegistry, 'all'>;
  /** What conditions ask. */
  readonly authorizer: Authorizer;
}

/** A webhook that wants to see a request, and what it will be shown. */
export interface Invocation {
  readonly hook: AdmissionHook;
  readonly subject: ReviewSubject;
  readonly request: JsonObject;
}

/** Finds the webhooks for a request, and asks them. */
export class HookDispatcher {
  readonly #options: HookDispatcherOptions;

  constructor(options: HookDispatcherOptions) {
    this.#options = options;
  }

  /**
   * What a webhook is asked about this request; undefined when it does not want to see it.
   *
   * @throws StatusError 403 when its conditions cannot be evaluated and it may not be passed over
   */
  async invocation(
    hook: AdmissionHook,
    attributes: AdmissionAttributes,
  ): Promise<Invocation | undefined> {
    const type = matchRequest(hook, attributes, this.#options.registry);
    if (type === undefined) return undefined;
    const subject = await reviewSubject(attributes, type);
    const request = reviewRequest(subject);
    return meetsConditions(hook, subject, request, this.#options.authorizer)
      ? { hook, subject, request }
      : undefined;
  }

  /**
   * Asks one webhook, and passes its warnings on.
   *
   * @returns undefined when it failed, which it may
   * @throws StatusError what it refuses with, or 500 when it failed
   */
  async call(
    { hook, subject, request }: Invocation,
    kind: 'mutating' | 'validating',
  ): Promise<ReviewResponse | undefined> {
    const { attributes } = subject;
    if (attributes.dryRun && !hook.isDryRunSafe) {
      throw badRequest(`admission webhook ${JSON.stringify(hook.name)} does not support dry run`);
    }
    let response: ReviewResponse;
    try {
      response = await this.#review(hook, request, kind);
    } catch (error) {
      if (!(error instanceof WebhookError)) throw error;
      if (hook.ignoresFailures) return undefined;
      throw hookFailure(hook, error.message);
    }
    for (const warning of response.warnings) attributes.warn(warning);
    if (!response.allowed) throw rejection(hook, response.status);
    return response;
  }

  async #review(
    hook: AdmissionHook,
    request: JsonObject,
    kind: 'mutating' | 'validating',
  ): Promise<ReviewResponse> {
    const { target, timeoutSeconds, reviewVersion } = hook;
    const review = {
      kind: 'AdmissionReview',
      apiVersion: `admission.k8s.io/${reviewVersion}`,
      request,
    };
    const answer = await this.#options.caller
      .call({ target, review, timeoutSeconds })
      .then((received) => {
        checkReviewType(received, reviewVersion);
        const response: unknown = received['response'];
        if (isJsonObject(response)) checkResponseTypes(response);
        return received;
      })
      .catch(prefixed('failed to call webhook'));
    try {
      return readResponse(answer, String(request['uid']), kind);
    } catch (error) {
      return prefixed('received invalid webhook response')(error);
    }
  }
}

function prefixed(prefix: string): (error: unknown) => never {
  return (error) => {
    if (!(error instanceof WebhookError)) throw error;
    const what = error.isBeforeCall ? 'could not get REST client' : prefix;
    throw new WebhookError(`${what}: ${error.message}`);
  };
}

function meetsConditions(
  { matchConditions, ignoresFailures }: AdmissionHook,
  subject: ReviewSubject,
  request: JsonObject,
  authorizer: Authorizer,
): boolean {
  if (matchConditions.length === 0) return true;
  const { attributes } = subject;
  const result = evaluateConditions(matchConditions, {
    variables: requestVariables(subject, request),
    authorizer,
  });
  switch (result.kind) {
    case 'match':
      return true;
    case 'no-match':
      return false;
    case 'error':
      if (ignoresFailures) return false;
      throw forbiddenError(attributes.type, attributes.name, result.message);
  }
}

/** The 500 for a webhook that does not answer as it should. */
export function hookFailure({ name }: AdmissionHook, detail: string): StatusError {
  return internalError(`failed calling webhook ${JSON.stringify(name)}: ${detail}`);
}

/** What a webhook refuses with: its own status, told as its own. */
function rejection({ name }: AdmissionHook, result: JsonObject = {}): StatusError {
  const { message, reason, code, details } = result as Record<string, unknown>;
  const deniedBy = `admission webhook ${JSON.stringify(name)} denied the request`;
  const text = (value: unknown) => (typeof value === 'string' ? value : '');
  const explanation = text(message) === '' ? text(reason) : text(message);
  const status = typeof code === 'number' && code >= 400 ? code : 400;
  const error = failure(
    status,
    'BadRequest',
    explanation === '' ? `${deniedBy} without explanation` : `${deniedBy}: ${explanation}`,
    isJsonObject(details) ? details : undefined,
  );
  return new StatusError({ ...error.status, reason: reasonOf(text(reason), status) });
}

/** A webhook may give any reason; without one the code says it. */
function reasonOf(reason: string, code: number): string {
  if (reason !== '') return reason;
  const reasons: Readonly<Record<number, string>> = {
    400: 'BadRequest',
    401: 'Unauthorized',
    403: 'Forbidden',
    404: 'NotFound',
    405: 'MethodNotAllowed',
    409: 'Conflict',
    422: 'Invalid',
    429: 'TooManyRequests',
    500: 'InternalError',
  };
  return reasons[code] ?? '';
}
