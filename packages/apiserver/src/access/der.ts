/**
 * A writer for the few ASN.1 types that certificates are made of, in DER: every value has one encoding only.
 * Certificates of peers are read by Node's own TLS; `registry/certificates/der-reader.ts` reads signing requests.
 */

const UNIVERSAL = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  objectIdentifier: 0x06,
  utf8String: 0x0c,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
} as const;

/** Tag, length, value: the shape of every DER element. `tag` is the whole identifier byte. */
export function derElement(tag: number, content: Uint8Array): Buffer {
  const { length } = content;
  if (length < 0x80) return Buffer.concat([Buffer.of(tag, length), content]);
  const digits: number[] = [];
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) digits.unshift(rest % 256);
  return Buffer.concat([Buffer.of(tag, 0x80 | digits.length, ...digits), content]);
}

/** SEQUENCE of the elements given. */
export function derSequence(...elements: readonly Uint8Array[]): Buffer {
  return derElement(UNIVERSAL.sequence, Buffer.concat(elements));
}

/** SET OF the elements given; DER wants them sorted by their bytes. */
export function derSet(...elements: readonly Uint8Array[]): Buffer {
  const sorted = [...elements].sort((one, other) => Buffer.compare(one, other));
  return derElement(UNIVERSAL.set, Buffer.concat(sorted));
}

/** BOOLEAN. */
export function derBoolean(value: boolean): Buffer {
  return derElement(UNIVERSAL.boolean, Buffer.of(value ? 0xff : 0));
}

/** INTEGER from the bytes of a number that is not negative, most significant first. */
export function derUnsigned(bytes: Uint8Array): Buffer {
  let start = 0;
  while (start < bytes.length - 1 && bytes[start] === 0) start += 1;
  const digits = bytes.subarray(start);
  // A leading one bit would make the number negative.
  const isNegative = ((digits[0] ?? 0) & 0x80) !== 0;
  return derElement(UNIVERSAL.integer, Buffer.concat([Buffer.alloc(isNegative ? 1 : 0), digits]));
}

/** BIT STRING whose last byte has `unusedBits` bits that do not count. Default 0. */
export function derBitString(bytes: Uint8Array, unusedBits = 0): Buffer {
  return derElement(UNIVERSAL.bitString, Buffer.concat([Buffer.of(unusedBits), bytes]));
}

/** OCTET STRING. */
export function derOctetString(bytes: Uint8Array): Buffer {
  return derElement(UNIVERSAL.octetString, bytes);
}

/** UTF8String. */
export function derText(text: string): Buffer {
  return derElement(UNIVERSAL.utf8String, Buffer.from(text));
}

/** OBJECT IDENTIFIER from its dotted form. */
export function derObjectIdentifier(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  const bytes: number[] = [];
  for (const arc of [first * 40 + second, ...rest]) {
    const digits = [arc % 128];
    for (let left = Math.floor(arc / 128); left > 0; left = Math.floor(left / 128)) {
      digits.unshift((left % 128) | 0x80);
    }
    bytes.push(...digits);
  }
  return derElement(UNIVERSAL.objectIdentifier, Buffer.from(bytes));
}

/** A time in a certificate: UTCTime up to 2049 and GeneralizedTime from 2050 on (RFC 5280, 4.1.2.5). Whole seconds. */
export function derTime(time: Date): Buffer {
  const digits = time
    .toISOString()
    .replace(/\.\d+Z$/, 'Z')
    .replace(/[-:T]/g, '');
  return time.getUTCFullYear() < 2050
    ? derElement(UNIVERSAL.utcTime, Buffer.from(digits.slice(2)))
    : derElement(UNIVERSAL.generalizedTime, Buffer.from(digits));
}

/** `[number]` around whole elements (constructed) or in place of a tag (primitive). */
export function derContext(
  number: number,
  form: 'constructed' | 'primitive',
  content: Uint8Array,
): Buffer {
  return derElement(0x80 | (form === 'constructed' ? 0x20 : 0) | number, content);
}
