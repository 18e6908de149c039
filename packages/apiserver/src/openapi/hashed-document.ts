import { createHash } from 'node:crypto';
import type { JsonObject } from '../contracts.ts';

/** A document with its text and the hash of it. */
export interface HashedDocument {
  readonly document: JsonObject;
  readonly bytes: Uint8Array;
  /** SHA-512 in upper-case hexadecimal, as the API server writes ETags. */
  readonly hash: string;
}

/** Encodes a document once, for all who ask for it. */
export function hashDocument(document: JsonObject): HashedDocument {
  const bytes = Buffer.from(JSON.stringify(document));
  const hash = createHash('sha512').update(bytes).digest('hex').toUpperCase();
  return { document, bytes, hash };
}
