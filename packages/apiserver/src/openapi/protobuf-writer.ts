const VARINT = 0;
const FIXED64 = 1;
const BYTES = 2;

function varint(value: bigint): number[] {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, value);
  while (rest >= 0x80n) {
    bytes.push(Number(rest & 0x7fn) | 0x80);
    rest >>= 7n;
  }
  bytes.push(Number(rest));
  return bytes;
}

/** Writes one protobuf message, field by field. Empty values are not written, as proto3 has it. */
export class ProtobufWriter {
  readonly #chunks: Uint8Array[] = [];

  #tag(field: number, wireType: number): void {
    this.#chunks.push(Uint8Array.from(varint(BigInt(field * 8 + wireType))));
  }

  /** A text; absent and empty ones are left away. */
  text(field: number, value: unknown): this {
    return typeof value === 'string' && value !== '' ? this.bytes(field, Buffer.from(value)) : this;
  }

  /** Each text of a list, also empty ones. */
  texts(field: number, values: unknown): this {
    for (const value of Array.isArray(values) ? values : []) {
      if (typeof value === 'string') this.bytes(field, Buffer.from(value));
    }
    return this;
  }

  /** A boolean; false is left away. */
  flag(field: number, value: unknown): this {
    if (value === true) {
      this.#tag(field, VARINT);
      this.#chunks.push(Uint8Array.of(1));
    }
    return this;
  }

  /** A 64-bit integer; zero is left away. */
  integer(field: number, value: unknown): this {
    if (typeof value === 'number' && Number.isInteger(value) && value !== 0) {
      this.#tag(field, VARINT);
      this.#chunks.push(Uint8Array.from(varint(BigInt(value))));
    }
    return this;
  }

  /** A floating point number; zero is left away. */
  double(field: number, value: unknown): this {
    if (typeof value === 'number' && value !== 0) {
      this.#tag(field, FIXED64);
      const bytes = Buffer.alloc(8);
      bytes.writeDoubleLE(value);
      this.#chunks.push(bytes);
    }
    return this;
  }

  /** An embedded message, also an empty one. */
  message(field: number, write: (writer: ProtobufWriter) => void): this {
    const writer = new ProtobufWriter();
    write(writer);
    return this.bytes(field, writer.finish());
  }

  /** Bytes, also none. */
  bytes(field: number, value: Uint8Array): this {
    this.#tag(field, BYTES);
    this.#chunks.push(Uint8Array.from(varint(BigInt(value.length))), value);
    return this;
  }

  /** The message. */
  finish(): Uint8Array {
    return Buffer.concat(this.#chunks);
  }
}
