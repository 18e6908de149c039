import type { JsonObject } from '../contracts.ts';
import { forbidden, invalid, notSupported, required, type FieldError } from '../field-error.ts';
import { objectIn } from './definition-view.ts';

const PATH = 'spec.conversion';
const REVIEW_VERSIONS = `${PATH}.conversionReviewVersions`;
const CLIENT_CONFIG = `${PATH}.webhookClientConfig`;

function clientConfigErrors(clientConfig: JsonObject): FieldError[] {
  const url: unknown = clientConfig['url'];
  const service = objectIn(clientConfig, 'service');
  if ((url === undefined) === (service === undefined)) {
    return [required(CLIENT_CONFIG, 'exactly one of url or service is required')];
  }
  const format = 'desired format: https://host[/path]';
  if (typeof url === 'string') {
    let parsed: URL;
    try {
      parsed = new URL(url);
    } catch {
      return [required(`${CLIENT_CONFIG}.url`, `url must be a valid URL: ${url}; ${format}`)];
    }
    const scheme = parsed.protocol.slice(0, -1);
    return scheme === 'https'
      ? []
      : [
          invalid(
            `${CLIENT_CONFIG}.url`,
            scheme,
            `'https' is the only allowed URL scheme; ${format}`,
          ),
        ];
  }
  return ['name', 'namespace']
    .filter((name) => (service?.[name] ?? '') === '')
    .map((name) => required(`${CLIENT_CONFIG}.service.${name}`, `service ${name} is required`));
}

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
  const errors =
    clientConfig === undefined
      ? [required(CLIENT_CONFIG, 'required when strategy is set to Webhook')]
      : clientConfigErrors(clientConfig);
  if (versions.length === 0) return [...errors, required(REVIEW_VERSIONS)];
  return versions.some((version) => version === 'v1' || version === 'v1beta1')
    ? errors
    : [...errors, invalid(REVIEW_VERSIONS, versions, 'must include at least one of v1, v1beta1')];
}
