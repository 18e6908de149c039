import { validateDnsSubdomain } from '@kubewright/apimachinery';
import type { JsonObject, Strategy } from '../../contracts.ts';
import { type FieldError, invalid, required } from '../../field-error.ts';
import {
  ensureObject,
  listAt,
  numberAt,
  objectAt,
  setDefault,
  setDefaultText,
  stringsAt,
  textAt,
} from '../json-read.ts';
import { portNumber } from '../validation/value-rules.ts';

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

function validateWebhooks(object: JsonObject): FieldError[] {
  return listAt(object, 'webhooks').flatMap((webhook, index) => {
    const path = `webhooks[${index}]`;
    const errors = validateDnsSubdomain(textAt(webhook, 'name')).map((text) =>
      invalid(`${path}.name`, webhook['name'], text),
    );
    if (textAt(webhook, 'sideEffects') === '') errors.push(required(`${path}.sideEffects`));
    if (stringsAt(webhook, 'admissionReviewVersions').length === 0) {
      errors.push(required(`${path}.admissionReviewVersions`, 'must specify one of v1, v1beta1'));
    }
    const service = objectAt(webhook, 'clientConfig')['service'] as JsonObject | undefined;
    const port = service === undefined ? undefined : numberAt(service, 'port');
    if (port !== undefined) errors.push(...portNumber(`${path}.clientConfig.service.port`, port));
    return errors;
  });
}

/** The behaviour of ValidatingWebhookConfigurations. */
export const validatingWebhooks: Partial<Strategy> = {
  applyDefaults: (object) => listAt(object, 'webhooks').forEach(defaultWebhook),
  validate: validateWebhooks,
  validateUpdate: validateWebhooks,
};

/** The behaviour of MutatingWebhookConfigurations. */
export const mutatingWebhooks: Partial<Strategy> = {
  applyDefaults(object) {
    for (const webhook of listAt(object, 'webhooks')) {
      defaultWebhook(webhook);
      setDefaultText(webhook, 'reinvocationPolicy', 'Never');
    }
  },
  validate: validateWebhooks,
  validateUpdate: validateWebhooks,
};
