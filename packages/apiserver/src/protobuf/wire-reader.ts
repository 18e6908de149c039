import { WireError } from './wire-error.ts';

/** How a field is written (protobuf encoding, "wire types"). */
export const WIRE_TYPE = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const;

/** One field as it stands in the bytes. */
export interface WireField {
  readonly number: number;
  readonly type: number;
  /** For a varint. */
  readonly varint: bigint;
  /** For the other types: the bytes of the value. */
  readonly bytes: Buffer;
}

const NO_BYTES = Buffer.alloc(0);
const MAX_VARINT_BYTES = 10;

/**
 * Reads the fields of one message in their order.
 *
 * @throws WireError for bytes that end too early or types that there are not
 */
export function* readFields(message: Buffer): Generator<WireField> {
  let offset = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let index = 0; index < MAX_VARINT_BYTES; index += 1) {
      const byte = message[offset];
      if (byte === undefined) throw new WireError('unexpected EOF');
      offset += 1;
      value |= BigInt(byte & 0x7f) << BigInt(7 * index);
      if (byte < 0x80) return BigInt.asUintN(64, value);
    }
    throw new WireError('proto: integer overflow');
  };
  const take = (length: number): Buffer => {
    if (length > message.length - offset) throw new WireError('unexpected EOF');
    offset += length;
    return message.subarray(offset - length, offset);
  };
  while (offset < message.length) {
    const tag = varint();
    const number = Number(tag >> 3n);
    const type = Number(tag & 7n);
    if (number === 0) throw new WireError('proto: illegal tag 0');
    switch (type) {
      case WIRE_TYPE.varint:
        yield { number, type, varint: varint(), bytes: NO_BYTES };
        break;
      case WIRE_TYPE.fixed64:
        yield { number, type, varint: 0n, bytes: take(8) };
        break;
      case WIRE_TYPE.fixed32:
        yield { number, type, varint: 0n, bytes: take(4) };
        break;
      case WIRE_TYPE.bytes:
        // A length beyond any buffer is beyond this one as well.
        yield { number, type, varint: 0n, bytes: take(Number(varint())) };
        break;
      default:
        throw new WireError(`proto: illegal wireType ${type}`);
    }
  }
}
