import type { JsonObject, Strategy } from '../../contracts.ts';
import { ensureObject, listAt, objectAt, setDefault, setDefaultText } from '../json-read.ts';
import { webhookErrors } from '../validation/webhook-rules.ts';

function defaultWebhook(webhook: JsonObject): void {
  setDefaultText(webhook, 'failurePolicy', 'Fail');
  setDefaultText(webhook, 'matchPolicy', 'Equivalent');
  ensureObject(webhook, 'namespaceSelector');
  ensureObject(webhook, 'objectSelector');
  setDefault(webhook, 'timeoutSeconds', 10);
  const service = objectAt(webhook, 'clientConfig')['service'] as JsonObject | undefined;
  if (service !== undefined) setDefault(service, 'port', 443);
  for (const rule of listAt(webhook, 'rules')) setDefaultText(rule, 'scope', '*');
}

/** The behaviour of ValidatingWebhookConfigurations. */
export const validatingWebhooks: Partial<Strategy> = {
  applyDefaults: (object) => listAt(object, 'webhooks').forEach(defaultWebhook),
  validate: webhookErrors,
  validateUpdate: webhookErrors,
};

/** The behaviour of MutatingWebhookConfigurations. */
export const mutatingWebhooks: Partial<Strategy> = {
  applyDefaults(object) {
    for (const webhook of listAt(object, 'webhooks')) {
      defaultWebhook(webhook);
      setDefaultText(webhook, 'reinvocationPolicy', 'Never');
    }
  },
  validate: webhookErrors,
  validateUpdate: webhookErrors,
};
