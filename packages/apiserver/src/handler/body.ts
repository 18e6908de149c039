import { MAX_REQUEST_BODY_BYTES, type JsonObject } from '../contracts.ts';
import { badRequest, failure } from '../status.ts';
import {
  decodeEnvelope,
  openEnvelope,
  PROTOBUF_MEDIA_TYPE,
  type WireEnvelope,
} from '../protobuf/decode-envelope.ts';
import { WireError } from '../protobuf/wire-error.ts';
import { scanJson } from './json-scan.ts';
import { parseYaml } from './parse-yaml.ts';

/**
 * Deepest nesting of objects and lists in a body. The real server stops at 10,000; no real object comes near this,
 * and the functions that walk objects recursively stay far from the end of the stack.
 */
export const MAX_BODY_DEPTH = 500;

/** A parsed body. */
export interface ParsedBody {
  readonly value: unknown;
  /** `duplicate field "metadata.name"`, as in strict decoding errors. */
  readonly duplicateFields: readonly string[];
}

/** @throws StatusError 413 for a body longer than {@link MAX_REQUEST_BODY_BYTES} */
export function checkBodySize(body: Uint8Array): void {
  if (body.byteLength > MAX_REQUEST_BODY_BYTES) {
    throw failure(
      413,
      'RequestEntityTooLarge',
      `Request entity too large: limit is ${MAX_REQUEST_BODY_BYTES}`,
    );
  }
}

function checkDepth(depth: number): void {
  if (depth > MAX_BODY_DEPTH) {
    throw badRequest(`the body nests deeper than ${MAX_BODY_DEPTH} levels`);
  }
}

function depthOf(value: unknown): number {
  let depth = 0;
  let level: unknown[] = [value];
  while (level.length > 0 && depth <= MAX_BODY_DEPTH + 1) {
    level = level.flatMap((item) =>
      typeof item === 'object' && item !== null ? (Object.values(item) as unknown[]) : [],
    );
    depth += 1;
  }
  return depth - 1;
}

/** Rewords an error of `JSON.parse` the way the real server words its own, as far as clients look at it. */
export function jsonErrorText(error: unknown, text: string): string {
  const message = error instanceof Error ? error.message : String(error);
  if (text.trim() === '' || /end of JSON input|Unterminated|end of data/.test(message)) {
    return 'unexpected end of JSON input';
  }
  const position = /position (\d+)/.exec(message)?.[1];
  const character = text[Number(position ?? Number.NaN)] ?? /token '(.)'/.exec(message)?.[1];
  if (character === undefined) return 'unexpected end of JSON input';
  return message.includes('after JSON')
    ? `invalid character '${character}' after top-level value`
    : `invalid character '${character}' looking for beginning of value`;
}

/**
 * Parses a JSON text.
 *
 * @throws SyntaxError worded like the real server's decoder
 * @throws StatusError 400 when it nests too deep
 */
export function parseJson(text: string): ParsedBody {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new SyntaxError(jsonErrorText(error, text), { cause: error });
  }
  const { duplicates, depth } = scanJson(text);
  checkDepth(depth);
  return { value, duplicateFields: duplicates.map((path) => `duplicate field "${path}"`) };
}

/**
 * Parses one YAML document; see {@link parseYaml}.
 *
 * @throws SyntaxError for malformed YAML
 * @throws StatusError 400 when it nests too deep
 */
export function parseYamlBody(text: string): ParsedBody {
  const value = parseYaml(text);
  checkDepth(depthOf(value));
  return { value, duplicateFields: [] };
}

/** What the real server reads kind and apiVersion into, as its error shows it. */
const TYPE_META =
  'struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }';

/** Longest part of a body in an error, in bytes. */
const MAX_QUOTED_BYTES = 30;

/** A body as an error quotes it: its first bytes, as text when they look like JSON, as hex otherwise. */
export function quoteForError(body: Uint8Array): string {
  if (body.byteLength === 0) return '<empty>';
  const start = Buffer.from(body.subarray(0, MAX_QUOTED_BYTES));
  const more = body.byteLength > MAX_QUOTED_BYTES ? ' ...' : '';
  return `${start.toString(body[0] === 0x7b ? 'utf8' : 'hex')}${more}`;
}

/** As {@link parseObjectBody}, for the encoding that typed clients send. */
function parseProtobufBody(body: Uint8Array, kind: string): JsonObject {
  let envelope: WireEnvelope | undefined;
  try {
    envelope = openEnvelope(body);
    return decodeEnvelope(envelope);
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    const refusal = badRequest(
      envelope === undefined
        ? `the object provided is unrecognized (must be of type ${kind}): ${error.message} (${quoteForError(body)})`
        : `${envelope.kind} in version ${JSON.stringify(envelope.apiVersion)} cannot be handled as a ${kind}: ${error.message}`,
    );
    refusal.cause = error;
    throw refusal;
  }
}

/**
 * Parses the body of a create or update: an object of some kind.
 *
 * @param kind expected kind, for messages
 * @throws StatusError 400 for malformed text or something that is no object, 415 for an unknown media type
 */
export function parseObjectBody(
  body: Uint8Array,
  contentType: string,
  kind: string,
): { readonly object: JsonObject; readonly duplicateFields: readonly string[] } {
  if (contentType === PROTOBUF_MEDIA_TYPE) {
    return { object: parseProtobufBody(body, kind), duplicateFields: [] };
  }
  const isYaml = contentType === 'application/yaml';
  if (!isYaml && contentType !== 'application/json') {
    throw failure(
      415,
      'UnsupportedMediaType',
      'the body of the request was in an unknown format - accepted media types include: application/json, application/yaml, application/vnd.kubernetes.protobuf',
    );
  }
  const text = new TextDecoder().decode(body);
  const notRead = "couldn't get version/kind; json parse error: ";
  const refuse = (detail: string, cause?: unknown) => {
    const shown = quoteForError(body);
    const error = badRequest(
      `the object provided is unrecognized (must be of type ${kind}): ${detail} (${shown})`,
    );
    error.cause = cause;
    return error;
  };
  let parsed: ParsedBody;
  try {
    parsed = isYaml ? parseYamlBody(text) : parseJson(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw refuse(isYaml ? error.message : `${notRead}${error.message}`, error);
  }
  const { value, duplicateFields } = parsed;
  if (value === null) return { object: {}, duplicateFields };
  if (typeof value !== 'object' || Array.isArray(value)) {
    const name = Array.isArray(value)
      ? 'array'
      : typeof value === 'boolean'
        ? 'bool'
        : typeof value;
    throw refuse(`${notRead}json: cannot unmarshal ${name} into Go value of type ${TYPE_META}`);
  }
  // Neither null nor an array: an object.
  return { object: value, duplicateFields };
}
