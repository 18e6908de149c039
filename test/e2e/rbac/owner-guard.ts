import { ValidatingWebhookConfiguration } from '@kubewright/apimachinery';
import type { Client } from '@kubewright/client';
import { TestWebhook } from '../../conformance/test-webhook.ts';

/** What is said to those whom the guard refuses. */
export const ownerRefusal =
  "cannot set blockOwnerDeletion if an ownerReference refers to a resource you can't set finalizers on";

/** Whoever makes an object hold up the deletion of its owner must be allowed to do that by a finalizer, too. */
const refused = `has(object.metadata.ownerReferences) && object.metadata.ownerReferences.exists(owner,
  has(owner.blockOwnerDeletion) && owner.blockOwnerDeletion && owner.kind == 'DatabaseCluster' &&
  !authorizer.group('example.com').resource('databaseclusters').subresource('finalizers')
    .namespace(request.namespace).name(owner.name).check('update').allowed())`;

interface Review {
  readonly request: { readonly uid: string };
}

/**
 * Plays the admission plugin OwnerReferencesPermissionEnforcement, which is off in most clusters and on in some, for objects
 * of DatabaseClusters.
 *
 * @see https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/#ownerreferencespermissionenforcement
 */
export class OwnerGuard implements AsyncDisposable {
  readonly #webhook: TestWebhook<Review>;

  private constructor(webhook: TestWebhook<Review>) {
    this.#webhook = webhook;
  }

  static async start(): Promise<OwnerGuard> {
    const webhook = await TestWebhook.start<Review>();
    webhook.answer('/', ({ request: { uid } }) => ({
      review: {
        apiVersion: 'admission.k8s.io/v1',
        kind: 'AdmissionReview',
        response: { uid, allowed: false, status: { code: 403, message: ownerRefusal } },
      },
    }));
    return new OwnerGuard(webhook);
  }

  /** Guards a cluster. */
  async guard(client: Client): Promise<void> {
    await client.create(ValidatingWebhookConfiguration, {
      metadata: { name: 'owner-guard' },
      webhooks: [
        {
          name: 'owner-guard.example.com',
          admissionReviewVersions: ['v1'],
          sideEffects: 'None',
          failurePolicy: 'Fail',
          clientConfig: { ...this.#webhook.clientConfig('/') },
          rules: [
            {
              apiGroups: ['*'],
              apiVersions: ['*'],
              operations: ['CREATE', 'UPDATE'],
              resources: ['*'],
              scope: 'Namespaced',
            },
          ],
          matchConditions: [{ name: 'may-not-set-finalizers', expression: refused }],
        },
      ],
    });
  }

  /** Ends the webhook; may be repeated. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#webhook[Symbol.asyncDispose]();
  }
}
