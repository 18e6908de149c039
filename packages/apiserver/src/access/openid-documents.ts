import type { JsonObject, ServerRequest, ServerResponse } from '../contracts.ts';
import type { SigningKey } from './signing-key.ts';
import { SERVICE_ACCOUNT_ISSUER } from './service-account-tokens.ts';

const CONFIGURATION_PATH = '/.well-known/openid-configuration';
const KEYS_PATH = '/openid/v1/jwks';

function answer(contentType: string, value: JsonObject): ServerResponse {
  return {
    status: 200,
    headers: { 'content-type': contentType, 'cache-control': 'public, max-age=3600' },
    body: Buffer.from(JSON.stringify(value)),
  };
}

/**
 * The documents by which others check tokens of service accounts (OpenID Connect Discovery, RFC 7517); undefined for
 * other paths and methods.
 */
export function respondOpenId(request: ServerRequest, key: SigningKey): ServerResponse | undefined {
  if (request.method !== 'GET' && request.method !== 'HEAD') return undefined;
  switch (request.path) {
    case CONFIGURATION_PATH:
      return answer('application/json', {
        issuer: SERVICE_ACCOUNT_ISSUER,
        jwks_uri: `https://${request.headers['host'] ?? 'kubernetes.default.svc'}${KEYS_PATH}`,
        response_types_supported: ['id_token'],
        subject_types_supported: ['public'],
        id_token_signing_alg_values_supported: [key.algorithm],
      });
    case KEYS_PATH:
      return answer('application/jwk-set+json', { keys: [key.jsonWebKey()] });
    default:
      return undefined;
  }
}
