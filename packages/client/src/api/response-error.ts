import {
  isJsonObject,
  StatusError,
  type Status,
  type StatusReason,
  type TransportResponse,
} from '@kubewright/apimachinery';

// Refusals are short; what follows in a longer body would not be read by anyone.
const maxErrorBytes = 64 * 1024;
const maxQuotedCharacters = 300;

// The reason that the API server itself gives with each code.
const reasons: Readonly<Record<number, StatusReason>> = {
  400: 'BadRequest',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'NotFound',
  405: 'MethodNotAllowed',
  406: 'NotAcceptable',
  409: 'Conflict',
  410: 'Gone',
  413: 'RequestEntityTooLarge',
  415: 'UnsupportedMediaType',
  422: 'Invalid',
  429: 'TooManyRequests',
  500: 'InternalError',
  503: 'ServiceUnavailable',
  504: 'Timeout',
};

/**
 * The error for a refused request: the server's `Status`, or one made of what else answered (a proxy, a load balancer).
 *
 * @param attempt - What was tried, such as `update Deployment default/web`.
 */
export async function statusErrorOf(
  response: TransportResponse,
  attempt?: string,
): Promise<StatusError> {
  const text = await readStart(response.body);
  const status = parseStatus(text) ?? foreignStatus(response, text);
  const retryAfterSeconds = status.details?.retryAfterSeconds ?? retryAfterOf(response);
  return new StatusError(
    {
      ...status,
      code: status.code ?? response.status,
      reason: status.reason ?? reasons[response.status] ?? 'Unknown',
      ...(retryAfterSeconds === undefined
        ? {}
        : { details: { ...status.details, retryAfterSeconds } }),
    },
    attempt === undefined ? undefined : { attempt },
  );
}

/** Seconds of a `retry-after` header; undefined when there is none or when it is a date, which API servers never send. */
export function retryAfterOf(response: Pick<TransportResponse, 'headers'>): number | undefined {
  const value = response.headers['retry-after'];
  return value !== undefined && /^\d{1,6}$/.test(value.trim()) ? Number(value) : undefined;
}

async function readStart(body: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  try {
    for await (const chunk of body) {
      chunks.push(chunk);
      length += chunk.byteLength;
      if (length >= maxErrorBytes) break;
    }
  } catch {
    // The refusal stands, with or without the rest of its text.
  }
  return Buffer.concat(chunks).toString('utf8', 0, maxErrorBytes);
}

function parseStatus(text: string): Status | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  // The API promises the rest of the form; every field read from it is optional.
  return isJsonObject(value) && value['kind'] === 'Status' ? value : undefined;
}

function foreignStatus(response: TransportResponse, text: string): Status {
  const quoted = readable(text);
  const location = response.headers['location'];
  const facts = [
    `HTTP ${response.status} without a Kubernetes Status (content type ${response.headers['content-type'] || 'unknown'})`,
    ...(location === undefined ? [] : [`redirect to ${readable(location)}`]),
    ...(quoted === '' ? [] : [quoted]),
  ];
  return {
    apiVersion: 'v1',
    kind: 'Status',
    status: 'Failure',
    code: response.status,
    message: facts.join(': '),
  };
}

/** Text of a foreign answer as one short line: no tags, no control characters. */
function readable(text: string): string {
  const line = text
    .replace(/<(script|style)\b[\s\S]*?(<\/\1>|$)/gi, ' ')
    .replace(/<[^>]*>/g, ' ')
    .replace(/[\p{Cc}\p{Cf}\s\ufffd]+/gu, ' ')
    .trim();
  return line.length > maxQuotedCharacters ? `${line.slice(0, maxQuotedCharacters)}…` : line;
}
