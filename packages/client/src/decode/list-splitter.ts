import { DecodeError } from './decode-error.ts';
import {
  backslash,
  closeBrace,
  closeBracket,
  colon,
  comma,
  isSpace,
  openBrace,
  openBracket,
  quote,
} from './json-bytes.ts';
import { textOf } from './json-text.ts';
import { ValueScanner, type ByteRange } from './value-scanner.ts';

/** Takes the bytes of one item, and where its `managedFields` lie; `isUnsure` when they may lie elsewhere. */
export type ItemSink = (
  item: Uint8Array,
  managedFields: ByteRange | undefined,
  isUnsure: boolean,
) => void;

const itemsKey: Uint8Array = Buffer.from('items');

type State =
  /** Before the brace that opens the list object. */
  | 'start'
  /** In the list object, outside its items. */
  | 'envelope'
  /** In a string of the list object. */
  | 'string'
  /** After the name `items`, before what it names. */
  | 'items-value'
  /** Where an item must begin, or may, or the end may come. */
  | 'first-item'
  | 'next-item'
  | 'after-item'
  /** Within an item. */
  | 'item'
  /** After the brace that closes the list object. */
  | 'end';

/**
 * Cuts the body of a list into its items while it arrives. What is not an item (`kind`, `metadata`) is kept and read at
 * the end, so it may stand before or after the items.
 */
export class ListSplitter {
  readonly #maxBytes: number;
  readonly #sink: ItemSink;
  readonly #scanner = new ValueScanner(['metadata', 'managedFields']);
  #state: State = 'start';
  /** Bytes outside the items. */
  readonly #envelope: Uint8Array[] = [];
  #envelopeBytes = 0;
  /** Pieces of an item whose end has not come. */
  #pieces: Uint8Array[] = [];
  #pieceBytes = 0;
  /** Open braces and brackets outside the items. */
  #depth = 0;
  #expectsKey = false;
  /** Bytes of the current name that equal `items`; -1 after a difference, or when it is no name. */
  #keyLength = -1;
  #isEscaped = false;
  #hasItems = false;

  /** @param maxBytes - Bound of one item, and of all that is not an item. */
  constructor(maxBytes: number, sink: ItemSink) {
    this.#maxBytes = maxBytes;
    this.#sink = sink;
  }

  /**
   * Takes the next piece of the body and hands on the items that end in it.
   *
   * @throws DecodeError `MALFORMED`, `TOO_LONG`.
   */
  push(chunk: Uint8Array): void {
    let index = 0;
    let envelopeStart = this.#isInEnvelope() ? 0 : -1;
    while (index < chunk.byteLength) {
      if (this.#state === 'item') {
        index = this.#continueItem(chunk, index);
        continue;
      }
      if (
        this.#state === 'first-item' ||
        this.#state === 'next-item' ||
        this.#state === 'after-item'
      ) {
        index = this.#betweenItems(chunk, index);
        if (this.#isInEnvelope()) envelopeStart = index;
        continue;
      }
      this.#stepEnvelope(chunk[index] ?? 0);
      index++;
      if (!this.#isInEnvelope()) {
        this.#keepEnvelope(chunk.subarray(envelopeStart, index));
        envelopeStart = -1;
      }
    }
    if (envelopeStart >= 0) this.#keepEnvelope(chunk.subarray(envelopeStart));
  }

  /**
   * The list without its items; to be called after the last piece.
   *
   * @throws DecodeError `TRUNCATED`, `MALFORMED`.
   */
  envelope(): unknown {
    if (this.#state !== 'end') {
      throw new DecodeError(
        'TRUNCATED',
        this.#state === 'start' ? 'the body is empty' : 'the body ends in the middle of the list',
      );
    }
    try {
      return JSON.parse(textOf(Buffer.concat(this.#envelope)));
    } catch (cause) {
      throw new DecodeError('MALFORMED', 'the list is not JSON', { cause });
    }
  }

  #isInEnvelope(): boolean {
    const state = this.#state;
    return (
      state === 'start' ||
      state === 'envelope' ||
      state === 'string' ||
      state === 'items-value' ||
      state === 'end'
    );
  }

  #keepEnvelope(bytes: Uint8Array): void {
    this.#envelopeBytes += bytes.byteLength;
    if (this.#envelopeBytes > this.#maxBytes) {
      throw new DecodeError(
        'TOO_LONG',
        `the list without items is longer than ${this.#maxBytes} bytes`,
      );
    }
    this.#envelope.push(bytes);
  }

  /** One byte outside the items. */
  #stepEnvelope(byte: number): void {
    switch (this.#state) {
      case 'string':
        this.#stepString(byte);
        return;
      case 'items-value':
        if (byte === colon || isSpace(byte)) return;
        this.#state = 'envelope';
        if (byte !== openBracket) break;
        if (this.#hasItems) throw new DecodeError('MALFORMED', 'the list has items twice');
        this.#hasItems = true;
        this.#depth++;
        this.#state = 'first-item';
        return;
      case 'start':
        if (isSpace(byte)) return;
        if (byte !== openBrace) throw new DecodeError('MALFORMED', 'the list is not a JSON object');
        this.#state = 'envelope';
        break;
      case 'end':
        if (isSpace(byte)) return;
        throw new DecodeError('MALFORMED', 'something follows the list');
      default:
    }
    this.#stepStructure(byte);
  }

  #stepStructure(byte: number): void {
    switch (byte) {
      case quote:
        this.#keyLength = this.#expectsKey && this.#depth === 1 ? 0 : -1;
        this.#expectsKey = false;
        this.#state = 'string';
        break;
      case openBrace:
      case openBracket:
        this.#depth++;
        this.#expectsKey = this.#depth === 1;
        break;
      case comma:
        this.#expectsKey = this.#depth === 1;
        break;
      case closeBrace:
      case closeBracket:
        this.#depth--;
        this.#expectsKey = false;
        if (this.#depth === 0) this.#state = 'end';
        break;
      default:
    }
  }

  #stepString(byte: number): void {
    if (this.#isEscaped) {
      this.#isEscaped = false;
    } else if (byte === backslash) {
      this.#isEscaped = true;
      this.#keyLength = -1;
    } else if (byte === quote) {
      this.#state = this.#keyLength === itemsKey.length ? 'items-value' : 'envelope';
    } else if (this.#keyLength >= 0) {
      this.#keyLength = itemsKey[this.#keyLength] === byte ? this.#keyLength + 1 : -1;
    }
  }

  /** Bytes of the array of items that belong to none. Returns the index to go on at. */
  #betweenItems(chunk: Uint8Array, from: number): number {
    for (let index = from; index < chunk.byteLength; index++) {
      const byte = chunk[index];
      if (isSpace(byte)) continue;
      if (byte === closeBracket && this.#state !== 'next-item') {
        this.#state = 'envelope';
        // The bracket that opened the array is in the envelope, so this one is too.
        return index;
      }
      if (byte === comma && this.#state === 'after-item') {
        this.#state = 'next-item';
        continue;
      }
      if (byte === openBrace && this.#state !== 'after-item') {
        this.#state = 'item';
        this.#scanner.reset();
        return index;
      }
      throw new DecodeError('MALFORMED', 'the items of the list are not an array of objects');
    }
    return chunk.byteLength;
  }

  /** Bytes of an item. Returns the index to go on at. */
  #continueItem(chunk: Uint8Array, from: number): number {
    const end = this.#scanner.scan(chunk, from, chunk.byteLength);
    const piece = chunk.subarray(from, end < 0 ? chunk.byteLength : end);
    this.#pieceBytes += piece.byteLength;
    if (this.#pieceBytes > this.#maxBytes) {
      throw new DecodeError(
        'TOO_LONG',
        `one item of the list is longer than ${this.#maxBytes} bytes`,
      );
    }
    if (end < 0) {
      this.#pieces.push(piece);
      return chunk.byteLength;
    }
    const item = this.#pieces.length === 0 ? piece : Buffer.concat([...this.#pieces, piece]);
    this.#pieces = [];
    this.#pieceBytes = 0;
    this.#state = 'after-item';
    this.#sink(item, this.#scanner.range, this.#scanner.isUnsure);
    return end;
  }
}
