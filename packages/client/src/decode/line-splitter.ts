import { DecodeError } from './decode-error.ts';

const newline = 0x0a;

/** Cuts a stream of bytes into lines. A line may come in any number of pieces; bytes are never copied more than once. */
export class LineSplitter {
  readonly #maxBytes: number;
  /** The beginning of a line whose end has not come. */
  #pieces: Uint8Array[] = [];
  #pieceBytes = 0;

  /** @param maxBytes - Bound of one line. */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /**
   * The lines that end in this piece, without their line ends; empty ones are left out.
   *
   * @throws DecodeError `TOO_LONG`.
   */
  *push(chunk: Uint8Array): Generator<Uint8Array, void> {
    let start = 0;
    for (let end = chunk.indexOf(newline); end >= 0; end = chunk.indexOf(newline, start)) {
      const line = this.#complete(chunk.subarray(start, end));
      start = end + 1;
      if (line.byteLength > 0) yield line;
    }
    if (start < chunk.byteLength) this.#keep(chunk.subarray(start));
  }

  /** What came after the last line end. */
  rest(): Uint8Array {
    return this.#complete(new Uint8Array());
  }

  #keep(piece: Uint8Array): void {
    this.#checkLength(this.#pieceBytes + piece.byteLength);
    this.#pieces.push(piece);
    this.#pieceBytes += piece.byteLength;
  }

  #complete(end: Uint8Array): Uint8Array {
    this.#checkLength(this.#pieceBytes + end.byteLength);
    if (this.#pieceBytes === 0) return end;
    const line = Buffer.concat([...this.#pieces, end]);
    this.#pieces = [];
    this.#pieceBytes = 0;
    return line;
  }

  #checkLength(length: number): void {
    if (length > this.#maxBytes) {
      throw new DecodeError('TOO_LONG', `one line is longer than ${this.#maxBytes} bytes`);
    }
  }
}
