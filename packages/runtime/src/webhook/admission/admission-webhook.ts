import type {
  KubernetesObject,
  LabelSelector,
  MatchCondition,
  Resource,
} from '@kubewright/apimachinery';
import type { AdmissionDecision } from './admission-decision.ts';
import type { AdmissionContext, AdmissionRequest } from './admission-request.ts';

/** A write that webhooks can be asked about. */
export type AdmissionOperation = 'CREATE' | 'UPDATE' | 'DELETE';

/** What validating and mutating webhooks have in common. */
export interface AdmissionWebhookOptions<T extends KubernetesObject> {
  /** A domain name with at least three parts, such as `limits.stores.example.com`; tells it in messages from all others. */
  readonly name: string;
  /** Writes of this resource are asked about, in whatever version they are made; the handler sees them in this one. */
  readonly resource: Resource<T>;
  /** Default `CREATE` and `UPDATE`. */
  readonly operations?: readonly AdmissionOperation[] | undefined;
  /** Such as `status`. Default: the object itself. */
  readonly subresource?: string | undefined;
  /** Whether the request fails when the webhook does. Default `Fail`. */
  readonly failurePolicy?: 'Fail' | 'Ignore' | undefined;
  /** How long the API server waits, in seconds, 1 to 30. Default 10. */
  readonly timeoutSeconds?: number | undefined;
  /** Objects whose namespace has these labels only. Default: all. */
  readonly namespaceSelector?: LabelSelector | undefined;
  /** Objects that have these labels only. Default: all. */
  readonly objectSelector?: LabelSelector | undefined;
  /** Where it is served. Default: by its resource, as controller-runtime does, such as `/validate-example-com-v1-store`. */
  readonly path?: string | undefined;
  /** CEL expressions that must all be true. Default: none. */
  readonly matchConditions?: readonly MatchCondition[] | undefined;
}

/** Says whether a write may be. */
export interface ValidatingWebhookOptions<
  T extends KubernetesObject,
> extends AdmissionWebhookOptions<T> {
  /** A throw is logged, and counts as a failure of the webhook. */
  readonly validate: (
    request: AdmissionRequest<T>,
    context: AdmissionContext,
  ) => AdmissionDecision | Promise<AdmissionDecision>;
}

/** Changes what is written, before it is checked. */
export interface MutatingWebhookOptions<
  T extends KubernetesObject,
> extends AdmissionWebhookOptions<T> {
  /** Call it again when a later webhook has changed the object. Default `Never`. */
  readonly reinvocationPolicy?: 'Never' | 'IfNeeded' | undefined;
  /**
   * Changes the draft, a copy of the object, as it wishes; must be repeatable. A throw is logged, and counts as a failure
   * of the webhook.
   */
  readonly mutate: (
    draft: T,
    request: Exclude<AdmissionRequest<T>, { readonly operation: 'DELETE' }>,
    context: AdmissionContext,
  ) => AdmissionDecision | Promise<AdmissionDecision>;
}

/** What a handler answers. */
export interface HandledRequest {
  readonly decision: AdmissionDecision;
  /** What it has made of the object, when it is one that may change it. */
  readonly object?: KubernetesObject;
}

/** A webhook, ready to be served and to be written into a configuration; the type of its objects is its own affair. */
export interface AdmissionWebhook {
  /** Whether it only says yes or no, or changes what is written. */
  readonly kind: 'validating' | 'mutating';
  /** As they were given. */
  readonly options: AdmissionWebhookOptions<KubernetesObject> & {
    readonly reinvocationPolicy?: 'Never' | 'IfNeeded' | undefined;
  };
  /** Where it is served. */
  readonly path: string;
  /** Asks the handler. */
  readonly handle: (
    request: AdmissionRequest<KubernetesObject>,
    context: AdmissionContext,
  ) => Promise<HandledRequest>;
}

/**
 * A webhook that says whether a write may be, for `defineAdmission`.
 *
 * @throws TypeError when the name has less than three parts, or the timeout is none.
 *
 * @example
 * ```ts
 * const limits = validatingWebhook({
 *   name: 'limits.stores.example.com',
 *   resource: Store.resource,
 *   validate: (request) =>
 *     request.operation === 'UPDATE' && request.object.spec.size < request.oldObject.spec.size
 *       ? deny('spec.size cannot shrink')
 *       : undefined,
 * });
 * ```
 */
export function validatingWebhook<T extends KubernetesObject>(
  options: ValidatingWebhookOptions<T>,
): AdmissionWebhook {
  return {
    kind: 'validating',
    options: checked(options),
    path: options.path ?? pathOf('validate', options.resource, options.subresource),
    handle: async (request, context) => ({
      // Safe: the API server was told to send objects of this resource.
      decision: await options.validate(request as AdmissionRequest<T>, context),
    }),
  };
}

/**
 * A webhook that changes what is written, for `defineAdmission`.
 *
 * @throws TypeError as {@link validatingWebhook}, and when it is to be asked about deletions: there is nothing to change.
 *
 * @example
 * ```ts
 * const defaults = mutatingWebhook({
 *   name: 'defaults.stores.example.com',
 *   resource: Store.resource,
 *   operations: ['CREATE'],
 *   mutate: (draft, { user }) => {
 *     draft.metadata.annotations = { ...draft.metadata.annotations, 'example.com/owner': user.username ?? '' };
 *     return undefined;
 *   },
 * });
 * ```
 */
export function mutatingWebhook<T extends KubernetesObject>(
  options: MutatingWebhookOptions<T>,
): AdmissionWebhook {
  if (options.operations?.includes('DELETE') === true) {
    throw new TypeError(`${options.name}: a deletion cannot be mutated; use validatingWebhook`);
  }
  return {
    kind: 'mutating',
    options: checked(options),
    path: options.path ?? pathOf('mutate', options.resource, options.subresource),
    handle: async (request, context) => {
      if (request.operation === 'DELETE') return { decision: undefined };
      // Safe: as above, and what is cloned is plain JSON.
      const draft = structuredClone(request.object) as T;
      const typed = request as Exclude<AdmissionRequest<T>, { readonly operation: 'DELETE' }>;
      return { decision: await options.mutate(draft, typed, context), object: draft };
    },
  };
}

function checked<T extends KubernetesObject, O extends AdmissionWebhookOptions<T>>(options: O): O {
  const { name, timeoutSeconds = 10 } = options;
  if (name.split('.').length < 3) {
    throw new TypeError(
      `"${name}" cannot name a webhook: use a domain name with three parts or more, such as limits.stores.example.com`,
    );
  }
  if (!(timeoutSeconds >= 1 && timeoutSeconds <= 30)) {
    throw new TypeError(`${name}: timeoutSeconds must be 1 to 30, not ${String(timeoutSeconds)}`);
  }
  return options;
}

function pathOf(
  verb: 'validate' | 'mutate',
  { group, version, kind }: Resource,
  subresource: string | undefined,
): string {
  const parts = [verb, group.replaceAll('.', '-'), version, kind.toLowerCase(), subresource];
  return `/${parts.filter((part) => part !== undefined).join('-')}`;
}
