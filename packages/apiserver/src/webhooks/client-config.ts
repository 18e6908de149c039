import type { JsonObject } from '../contracts.ts';
import { objectIn } from '../crd/definition-view.ts';

/** Where a webhook is, as its configuration says. */
export type WebhookTarget =
  | { readonly kind: 'url'; readonly url: string; readonly caBundle: string | undefined }
  | {
      readonly kind: 'service';
      readonly namespace: string;
      readonly name: string;
      readonly port: number;
      readonly path: string;
      readonly caBundle: string | undefined;
    };

const DEFAULT_SERVICE_PORT = 443;

/** Reads a `clientConfig` that has been validated. */
export function readClientConfig(clientConfig: JsonObject | undefined): WebhookTarget {
  const bundle: unknown = clientConfig?.['caBundle'];
  const caBundle =
    typeof bundle === 'string' && bundle !== ''
      ? Buffer.from(bundle, 'base64').toString()
      : undefined;
  const url: unknown = clientConfig?.['url'];
  if (typeof url === 'string') return { kind: 'url', url, caBundle };
  const service = objectIn(clientConfig, 'service') ?? {};
  const port: unknown = service['port'];
  const path: unknown = service['path'];
  return {
    kind: 'service',
    namespace: String(service['namespace'] ?? ''),
    name: String(service['name'] ?? ''),
    port: typeof port === 'number' ? port : DEFAULT_SERVICE_PORT,
    path: typeof path === 'string' && path !== '' ? path : '/',
    caBundle,
  };
}
