import type { JsonObject } from '../contracts.ts';
import { forbidden, notSupported, required, type FieldError } from '../field-error.ts';
import { clientConfigErrors, reviewVersionErrors } from '../webhooks/client-config-rules.ts';
import { objectIn } from './definition-view.ts';

const PATH = 'spec.conversion';
const REVIEW_VERSIONS = `${PATH}.conversionReviewVersions`;
const CLIENT_CONFIG = `${PATH}.webhookClientConfig`;

/** The rules for `spec.conversion`; its strategy has its default. */
export function conversionErrors(conversion: JsonObject | undefined): FieldError[] {
  if (conversion === undefined) return [];
  const strategy: unknown = conversion['strategy'];
  const webhook = objectIn(conversion, 'webhook');
  const clientConfig = objectIn(webhook, 'clientConfig');
  const reviewVersions: unknown = webhook?.['conversionReviewVersions'];
  const versions: unknown[] = Array.isArray(reviewVersions) ? reviewVersions : [];
  if (strategy === undefined || strategy === '') return [required(`${PATH}.strategy`)];
  if (strategy === 'None') {
    const detail = 'should not be set when strategy is not set to Webhook';
    return [
      ...(clientConfig === undefined ? [] : [forbidden(CLIENT_CONFIG, detail)]),
      ...(versions.length === 0 ? [] : [forbidden(REVIEW_VERSIONS, detail)]),
    ];
  }
  if (strategy !== 'Webhook') {
    return [notSupported(`${PATH}.strategy`, strategy, ['None', 'Webhook'])];
  }
  return [
    ...(clientConfig === undefined
      ? [required(CLIENT_CONFIG, 'required when strategy is set to Webhook')]
      : clientConfigErrors(CLIENT_CONFIG, clientConfig)),
    ...reviewVersionErrors(REVIEW_VERSIONS, versions),
  ];
}
