/** One value in DER, as X.509 writes its structures. */
export interface DerValue {
  /** Class, form and number in one byte: `0x30` is a sequence. */
  readonly tag: number;
  readonly content: Buffer;
  /** Tag, length and content, which is what signatures are made of. */
  readonly whole: Buffer;
}

/** Thrown for bytes that are no DER. */
export class DerError extends Error {
  override readonly name = 'DerError';
  readonly code = 'MALFORMED';
}

export const SEQUENCE = 0x30;
export const BIT_STRING = 0x03;
export const OBJECT_IDENTIFIER = 0x06;

/** Longest length that is read, in bytes of the length itself: 3, far more than any request has. */
const MAX_LENGTH_BYTES = 3;

function lengthAt(
  bytes: Buffer,
  offset: number,
): { readonly length: number; readonly end: number } {
  const first = bytes[offset];
  if (first === undefined) throw new DerError('cut off');
  if (first < 0x80) return { length: first, end: offset + 1 };
  const count = first & 0x7f;
  const end = offset + 1 + count;
  if (count === 0 || count > MAX_LENGTH_BYTES || end > bytes.length) {
    throw new DerError('a length is none');
  }
  return { length: bytes.readUIntBE(offset + 1, count), end };
}

/** The values that stand one after another in `bytes`. @throws DerError */
export function derValues(bytes: Buffer): DerValue[] {
  const values: DerValue[] = [];
  for (let offset = 0; offset < bytes.length;) {
    const { length, end } = lengthAt(bytes, offset + 1);
    if (end + length > bytes.length) throw new DerError('cut off');
    values.push({
      tag: bytes.readUInt8(offset),
      content: bytes.subarray(end, end + length),
      whole: bytes.subarray(offset, end + length),
    });
    offset = end + length;
  }
  return values;
}

/** The dotted form of an object identifier. */
export function identifierText(content: Buffer): string {
  const [first = 0, ...rest] = content;
  const parts = [Math.floor(first / 40), first % 40];
  let value = 0;
  for (const byte of rest) {
    value = value * 128 + (byte & 0x7f);
    if (byte >= 0x80) continue;
    parts.push(value);
    value = 0;
  }
  return parts.join('.');
}
