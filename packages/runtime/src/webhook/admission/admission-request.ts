import type { DeepReadonly, KubernetesObject, UserInfo } from '@kubewright/apimachinery';

/** What all requests have. */
interface CommonRequest {
  /** The same for all webhooks that see one attempt of a request. */
  readonly uid: string;
  readonly name: string;
  /** Undefined for cluster-scoped objects. */
  readonly namespace: string | undefined;
  /** Such as `status` or `scale`; undefined for the object itself. */
  readonly subresource: string | undefined;
  readonly user: DeepReadonly<UserInfo>;
  /** Nothing will be stored: a webhook must have no lasting effects. */
  readonly dryRun: boolean;
}

/**
 * A write that an API server asks about. Objects are in the version of the webhook's resource.
 *
 * Assumptions: what a validating webhook sees has passed the schema. What a mutating one sees has not: defaults are
 * filled in, but members may be missing or out of bounds.
 */
export type AdmissionRequest<T extends KubernetesObject> = CommonRequest &
  (
    | { readonly operation: 'CREATE'; readonly object: DeepReadonly<T> }
    | {
        readonly operation: 'UPDATE';
        readonly object: DeepReadonly<T>;
        readonly oldObject: DeepReadonly<T>;
      }
    | { readonly operation: 'DELETE'; readonly oldObject: DeepReadonly<T> }
  );

/** What a handler may use besides the request. */
export interface AdmissionContext {
  /** Aborts when the API server waits no longer. */
  readonly signal: AbortSignal;
  /** Shows a warning to whoever sent the request; at most about 120 characters are shown. */
  readonly warn: (message: string) => void;
}
