import { StatusError, type Status, type TransportResponse } from '@kubewright/apimachinery';

/** Longest error answer that is read, in bytes; more is cut off. */
const maxErrorBytes = 64 * 1024;
/** Longest part of an answer that is not a Status that goes into a message. */
const maxQuotedCharacters = 300;

const reasonByCode: Readonly<Record<number, string>> = {
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

/** Reads the error of an answer that is not a success, whoever sent it: an API server or a proxy before it. */
export async function statusErrorOf(
  response: TransportResponse,
  attempt: string,
): Promise<StatusError> {
  const text = await readStart(response.body);
  const status = parseStatus(text) ?? statusFromText(response.status, text);
  const seconds = retryAfterSecondsOf(response.headers['retry-after']);
  if (seconds !== undefined && status.details?.retryAfterSeconds === undefined) {
    status.details = { ...status.details, retryAfterSeconds: seconds };
  }
  return new StatusError({ ...status, code: status.code ?? response.status }, { attempt });
}

/** Seconds in a `Retry-After` header, which may also be a date; undefined when it says neither. */
export function retryAfterSecondsOf(
  header: string | undefined,
  nowMs: number = Date.now(),
): number | undefined {
  if (header === undefined) return undefined;
  if (/^\d{1,9}$/.test(header)) return Number(header);
  const atMs = Date.parse(header);
  return Number.isNaN(atMs) ? undefined : Math.max(0, Math.ceil((atMs - nowMs) / 1000));
}

async function readStart(body: AsyncIterable<Uint8Array>): Promise<string> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of body) {
    parts.push(part);
    bytes += part.length;
    if (bytes >= maxErrorBytes) break;
  }
  return Buffer.concat(parts).toString('utf8', 0, maxErrorBytes);
}

function parseStatus(text: string): Status | undefined {
  try {
    const value: unknown = JSON.parse(text);
    const isStatus =
      typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'Status';
    // Every field of a Status is optional; `kind` was compared.
    return isStatus ? (value as Status) : undefined;
  } catch {
    return undefined;
  }
}

function statusFromText(code: number, text: string): Status {
  // Markup and control characters of a proxy's page say nothing to a person.
  const plain = text
    .replace(/<[^>]*>/g, ' ')
    .replace(/[\p{Cc}\s]+/gu, ' ')
    .trim()
    .slice(0, maxQuotedCharacters);
  return {
    kind: 'Status',
    apiVersion: 'v1',
    status: 'Failure',
    code,
    reason: reasonByCode[code] ?? 'Unknown',
    message: plain === '' ? `the server answered ${code}` : `the server answered ${code}: ${plain}`,
  };
}
