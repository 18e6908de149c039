import {
  CustomResourceDefinition,
  MutatingWebhookConfiguration,
  ValidatingWebhookConfiguration,
} from '@kubewright/apimachinery';
import type { Client } from '@kubewright/client';

/** Objects of the cluster that name a webhook, and must know the authority of its certificate. */
export interface InjectionTargets {
  /** Names of those that convert by the webhook. */
  readonly customResourceDefinitions: readonly string[];
  /** Names of those that call the webhook. */
  readonly validatingWebhookConfigurations: readonly string[];
  /** Names of those that call the webhook. */
  readonly mutatingWebhookConfigurations: readonly string[];
}

type InjectionClient = Pick<Client, 'get' | 'patch'>;

/** What became of an injection. */
export interface InjectionOutcome {
  /** Targets that have the authority now. */
  readonly reached: number;
  /** Those of them that did not have it before. */
  readonly written: number;
  /** What went wrong for each of the others; undefined when all targets have it. */
  readonly error: AggregateError | undefined;
}

/** Writes the authority into every target that does not have it yet. Never rejects. */
export async function injectAuthority(
  client: InjectionClient,
  targets: InjectionTargets,
  bundle: string,
  signal: AbortSignal,
): Promise<InjectionOutcome> {
  const caBundle = Buffer.from(bundle).toString('base64');
  const outcomes = await Promise.allSettled([
    ...targets.customResourceDefinitions.map(async (name) =>
      injectIntoDefinition(client, name, caBundle, signal),
    ),
    ...targets.validatingWebhookConfigurations.map(async (name) =>
      injectIntoConfiguration(client, ValidatingWebhookConfiguration, name, caBundle, signal),
    ),
    ...targets.mutatingWebhookConfigurations.map(async (name) =>
      injectIntoConfiguration(client, MutatingWebhookConfiguration, name, caBundle, signal),
    ),
  ]);
  const errors = outcomes.flatMap((outcome): unknown[] =>
    outcome.status === 'rejected' ? [outcome.reason] : [],
  );
  const reached = outcomes.length - errors.length;
  const written = outcomes.filter((each) => each.status === 'fulfilled' && each.value).length;
  if (errors.length === 0) return { reached, written, error: undefined };
  const details = errors.map((error) => (error instanceof Error ? error.message : String(error)));
  return { reached, written, error: new AggregateError(errors, details.join('; ')) };
}

/** Whether it had to be written. */
async function injectIntoDefinition(
  client: InjectionClient,
  name: string,
  caBundle: string,
  signal: AbortSignal,
): Promise<boolean> {
  const definition = await client.get(CustomResourceDefinition, { name }, { signal });
  const { conversion } = definition.spec;
  if (conversion?.strategy !== 'Webhook') {
    throw new Error(
      `CustomResourceDefinition ${name} does not name the conversion webhook: apply the manifest of this version of the operator`,
    );
  }
  if (conversion.webhook?.clientConfig?.caBundle === caBundle) return false;
  const body = { spec: { conversion: { webhook: { clientConfig: { caBundle } } } } };
  await client.patch(CustomResourceDefinition, { name }, { type: 'merge', body }, { signal });
  return true;
}

/** Whether it had to be written. */
async function injectIntoConfiguration(
  client: InjectionClient,
  resource: typeof ValidatingWebhookConfiguration | typeof MutatingWebhookConfiguration,
  name: string,
  caBundle: string,
  signal: AbortSignal,
): Promise<boolean> {
  const { webhooks = [] } = await client.get(resource, { name }, { signal });
  const operations = webhooks.flatMap((webhook, index) =>
    webhook.clientConfig.caBundle === caBundle
      ? []
      : [
          // The list may have changed since it was read: the patch fails then, and is tried again later.
          { op: 'test' as const, path: `/webhooks/${String(index)}/name`, value: webhook.name },
          {
            op: 'add' as const,
            path: `/webhooks/${String(index)}/clientConfig/caBundle`,
            value: caBundle,
          },
        ],
  );
  if (operations.length === 0) return false;
  await client.patch(resource, { name }, { type: 'json', operations }, { signal });
  return true;
}
