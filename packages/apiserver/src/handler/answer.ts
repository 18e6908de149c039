import { pipeline, Readable } from 'node:stream';
import { promisify } from 'node:util';
import { createGzip, gzip } from 'node:zlib';
import { StatusError, writeYaml } from '@kubewright/apimachinery';
import type { JsonObject, ServerRequest, ServerResponse } from '../contracts.ts';
import { internalError } from '../status.ts';
import type { AnswerFormat } from './media-type.ts';

const compress = promisify(gzip);

/** Answers at least this long are compressed when the client takes gzip, as in the real server. */
const GZIP_THRESHOLD_BYTES = 128 * 1024;

/** Headers of every answer of the API itself. */
export const BASE_HEADERS: Readonly<Record<string, string>> = {
  'cache-control': 'no-cache, private',
};

/** Terminals and browsers get indented JSON, as from the real server. */
export function wantsPretty(request: ServerRequest): boolean {
  const pretty = request.query.get('pretty');
  if (pretty !== null) return pretty !== 'false' && pretty !== '0';
  return /^(curl|Wget|Mozilla)\//.test(request.headers['user-agent'] ?? '');
}

/** Encodes a JSON value in the format asked for. */
export function encodeAnswer(
  status: number,
  value: unknown,
  request: ServerRequest,
  format: AnswerFormat,
): ServerResponse {
  const isYaml = format.encoding === 'yaml';
  const text = isYaml
    ? writeYaml(value, { sortMembers: true })
    : JSON.stringify(value, null, wantsPretty(request) ? 2 : undefined);
  return {
    status,
    headers: {
      ...BASE_HEADERS,
      'content-type': isYaml ? 'application/yaml' : 'application/json',
    },
    body: Buffer.from(text),
  };
}

/** Answers bytes that are JSON already; re-encodes them only when the client asked for another look. */
export function answerBytes(
  status: number,
  bytes: Uint8Array,
  request: ServerRequest,
  format: AnswerFormat,
): ServerResponse {
  if (format.encoding === 'json' && !wantsPretty(request)) {
    return {
      status,
      headers: { ...BASE_HEADERS, 'content-type': 'application/json' },
      body: bytes,
    };
  }
  return encodeAnswer(status, JSON.parse(new TextDecoder().decode(bytes)), request, format);
}

/** A refusal as an answer. Errors that are no `StatusError` are the server's own and become a 500. */
export function answerError(
  error: unknown,
  request: ServerRequest,
  format: AnswerFormat,
): ServerResponse {
  const refusal =
    error instanceof StatusError
      ? error
      : internalError(error instanceof Error ? error.message : String(error));
  // A Status is a plain object like any other.
  const status = refusal.status as unknown as JsonObject;
  const answer = encodeAnswer(refusal.code, status, request, format);
  const retryAfter = refusal.retryAfterSeconds;
  return retryAfter === undefined
    ? answer
    : { ...answer, headers: { ...answer.headers, 'retry-after': String(retryAfter) } };
}

/** A warning as a header value: `299 - "text"`. */
export function warningHeader(text: string): string {
  // Control characters cannot stand in a header.
  const printable = text.replace(/\p{Cc}/gu, ' ');
  return `299 - ${JSON.stringify(printable)}`;
}

/** Adds warnings, duplicates dropped. */
export function withWarnings(answer: ServerResponse, warnings: readonly string[]): ServerResponse {
  if (warnings.length === 0) return answer;
  const values = [...new Set(warnings)].map(warningHeader);
  return { ...answer, headers: { ...answer.headers, warning: values } };
}

/** Whether the client takes gzip. */
export function acceptsGzip(request: ServerRequest): boolean {
  return /\bgzip\b/.test(request.headers['accept-encoding'] ?? '');
}

const GZIP_HEADERS = { 'content-encoding': 'gzip', vary: 'Accept-Encoding' } as const;
/** As in the real server: little time for most of the gain. */
const GZIP_LEVEL = 4;

/** Compresses an answer that is streamed piece by piece. */
export function compressStream(
  answer: ServerResponse,
  body: AsyncIterable<Uint8Array>,
): ServerResponse {
  const gzip = createGzip({ level: GZIP_LEVEL });
  // A failure of either side reaches the reader through the stream itself.
  pipeline(Readable.from(body), gzip, () => undefined);
  return { ...answer, headers: { ...answer.headers, ...GZIP_HEADERS }, body: gzip };
}

/** Compresses a long finished answer when the client accepts gzip. */
export async function compressAnswer(
  answer: ServerResponse,
  request: ServerRequest,
): Promise<ServerResponse> {
  const { body } = answer;
  if (!(body instanceof Uint8Array) || body.byteLength < GZIP_THRESHOLD_BYTES) return answer;
  if (!acceptsGzip(request)) return answer;
  return {
    ...answer,
    headers: { ...answer.headers, ...GZIP_HEADERS },
    body: await compress(body, { level: GZIP_LEVEL }),
  };
}
