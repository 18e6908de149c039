import { setTimeout as pause } from 'node:timers/promises';
import { SubjectAccessReview, type PolicyRule } from '@kubewright/apimachinery';
import type { Client } from '@kubewright/client';

const pollMs = 20;

/** Whom {@link untilPermitted} waits for, and what they are to be allowed. */
export interface Permitted {
  /** User name. */
  readonly user: string;
  /** Where. */
  readonly namespace: string;
  /** The rules of the role; those of URLs and of named objects are passed over. */
  readonly rules: readonly PolicyRule[];
}

/**
 * Waits until the server knows what a user may do in a namespace: it learns of roles and bindings a moment after they were
 * written. Until then an operator that acts as the user is refused, and tells of it.
 *
 * @throws StatusError when it refuses to tell. When the signal aborts, its reason.
 */
export async function untilPermitted(
  client: Client,
  { user, namespace, rules }: Permitted,
  signal?: AbortSignal,
): Promise<void> {
  for (const { apiGroups = [], resources = [], resourceNames, verbs } of rules) {
    if (resourceNames !== undefined) continue;
    for (const group of apiGroups) {
      for (const [resource, subresource] of resources.map((each) => each.split('/'))) {
        for (const verb of verbs) {
          const resourceAttributes = { namespace, verb, group, resource, subresource };
          const review = { metadata: {}, spec: { user, resourceAttributes } };
          for (;;) {
            const { status } = await client.create(SubjectAccessReview, review, { signal });
            if (status?.allowed === true) break;
            signal?.throwIfAborted();
            await pause(pollMs);
          }
        }
      }
    }
  }
}
