import type { JsonObject } from '../contracts.ts';
import { decodeMessage } from './decode-message.ts';
import { WireError } from './wire-error.ts';
import { messageOfKind } from './wire-messages.ts';
import { readFields } from './wire-reader.ts';

/** The media type of the encoding. */
export const PROTOBUF_MEDIA_TYPE = 'application/vnd.kubernetes.protobuf';

/** Every encoded object begins with these bytes. */
const MAGIC = Buffer.from([0x6b, 0x38, 0x73, 0x00]);

/** What the envelope around an object says. */
export interface WireEnvelope {
  readonly apiVersion: string;
  readonly kind: string;
  readonly raw: Buffer;
}

/**
 * Reads what stands around an object.
 *
 * @throws WireError for bytes that are no envelope
 */
export function openEnvelope(body: Uint8Array): WireEnvelope {
  if (body.byteLength === 0) throw new WireError('empty data');
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  if (!bytes.subarray(0, MAGIC.length).equals(MAGIC)) {
    throw new WireError(
      'provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]',
    );
  }
  let apiVersion = '';
  let kind = '';
  let raw: Buffer = Buffer.alloc(0);
  for (const part of readFields(bytes.subarray(MAGIC.length))) {
    if (part.number === 2) raw = part.bytes;
    if (part.number !== 1) continue;
    for (const field of readFields(part.bytes)) {
      if (field.number === 1) apiVersion = field.bytes.toString();
      else if (field.number === 2) kind = field.bytes.toString();
    }
  }
  return { apiVersion, kind, raw };
}

/**
 * The object in an envelope, as if it had been sent as JSON.
 *
 * @throws WireError for damaged bytes and for kinds that are not built in
 */
export function decodeEnvelope({ apiVersion, kind, raw }: WireEnvelope): JsonObject {
  const message = messageOfKind(apiVersion, kind);
  if (message === undefined) {
    throw new WireError(
      `no kind ${JSON.stringify(kind)} is registered for version ${JSON.stringify(apiVersion)} in scheme "pkg/runtime/scheme.go:111"`,
    );
  }
  return { apiVersion, kind, ...decodeMessage(message, raw) };
}
