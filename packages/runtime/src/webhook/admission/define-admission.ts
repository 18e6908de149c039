import type {
  MutatingWebhookConfiguration,
  ValidatingWebhook,
  ValidatingWebhookConfiguration,
  WebhookClientConfig,
} from '@kubewright/apimachinery';
import type { AdmissionWebhook } from './admission-webhook.ts';

/** How API servers reach the webhooks, and what else stands in the manifests. */
export interface AdmissionManifestOptions {
  /** The operator's Service; or, for an operator outside the cluster, the beginning of a URL such as `https://127.0.0.1:9443`. */
  readonly target:
    | {
        readonly service: {
          readonly namespace: string;
          readonly name: string;
          readonly port?: number;
        };
      }
    | { readonly url: string };
  /** Default: none. */
  readonly labels?: Readonly<Record<string, string>> | undefined;
  /** Such as `cert-manager.io/inject-ca-from`. Default: none. */
  readonly annotations?: Readonly<Record<string, string>> | undefined;
}

/** The admission webhooks of an operator: what API servers are told of them, and what a manager serves. */
export interface AdmissionDefinition {
  /** Of the configurations. */
  readonly name: string;
  /** Mutating ones are asked in this order, validating ones all at once. */
  readonly webhooks: readonly AdmissionWebhook[];
  /** The MutatingWebhookConfiguration and the ValidatingWebhookConfiguration, each when it has webhooks. */
  manifests(
    options: AdmissionManifestOptions,
  ): (MutatingWebhookConfiguration | ValidatingWebhookConfiguration)[];
}

/**
 * Puts admission webhooks together, for `manager.webhooks.admit` and for the manifests of the operator.
 *
 * @throws TypeError when two webhooks have one name or one path.
 *
 * @example
 * ```ts
 * const admission = defineAdmission({ name: 'store-operator', webhooks: [defaults, limits] });
 * manager.webhooks.admit(admission);
 * const manifests = admission.manifests({
 *   target: { service: { namespace: 'stores', name: 'store-operator' } },
 * });
 * ```
 */
export function defineAdmission(definition: {
  readonly name: string;
  readonly webhooks: readonly AdmissionWebhook[];
}): AdmissionDefinition {
  const { name, webhooks } = definition;
  refuseRepeated(webhooks.map((webhook) => webhook.options.name));
  refuseRepeated(webhooks.map((webhook) => webhook.path));
  const mutating = webhooks.filter(({ kind }) => kind === 'mutating');
  const validating = webhooks.filter(({ kind }) => kind === 'validating');
  return {
    name,
    webhooks,
    manifests: ({ target, labels, annotations }) => {
      const common = {
        apiVersion: 'admissionregistration.k8s.io/v1',
        metadata: {
          name,
          ...(labels === undefined ? {} : { labels: { ...labels } }),
          ...(annotations === undefined ? {} : { annotations: { ...annotations } }),
        },
      };
      const mutatingManifest = {
        ...common,
        kind: 'MutatingWebhookConfiguration',
        webhooks: mutating.map((webhook) => ({
          ...webhookOf(webhook, target),
          reinvocationPolicy: webhook.options.reinvocationPolicy ?? 'Never',
        })),
      };
      const validatingManifest = {
        ...common,
        kind: 'ValidatingWebhookConfiguration',
        webhooks: validating.map((webhook) => webhookOf(webhook, target)),
      };
      return [
        ...(mutating.length === 0 ? [] : [mutatingManifest]),
        ...(validating.length === 0 ? [] : [validatingManifest]),
      ];
    },
  };
}

function refuseRepeated(texts: readonly string[]): void {
  const repeated = texts.find((text, index) => texts.indexOf(text) !== index);
  if (repeated !== undefined) throw new TypeError(`two admission webhooks are called ${repeated}`);
}

function webhookOf(
  { options, path }: AdmissionWebhook,
  target: AdmissionManifestOptions['target'],
): ValidatingWebhook {
  const { resource, subresource, operations = ['CREATE', 'UPDATE'] } = options;
  const { namespaceSelector, objectSelector, matchConditions } = options;
  return {
    name: options.name,
    admissionReviewVersions: ['v1'],
    clientConfig: clientConfigOf(target, path),
    rules: [
      {
        apiGroups: [resource.group],
        apiVersions: [resource.version],
        resources: [
          subresource === undefined ? resource.plural : `${resource.plural}/${subresource}`,
        ],
        operations: [...operations],
        scope: resource.scope === 'Cluster' ? 'Cluster' : 'Namespaced',
      },
    ],
    failurePolicy: options.failurePolicy ?? 'Fail',
    // So that writes in other versions are asked about too, converted to the one that the handler knows.
    matchPolicy: 'Equivalent',
    sideEffects: 'None',
    timeoutSeconds: options.timeoutSeconds ?? 10,
    ...(namespaceSelector === undefined ? {} : { namespaceSelector }),
    ...(objectSelector === undefined ? {} : { objectSelector }),
    ...(matchConditions === undefined ? {} : { matchConditions: [...matchConditions] }),
  };
}

function clientConfigOf(
  target: AdmissionManifestOptions['target'],
  path: string,
): WebhookClientConfig {
  return 'service' in target
    ? { service: { ...target.service, path } }
    : { url: `${target.url}${path}` };
}
