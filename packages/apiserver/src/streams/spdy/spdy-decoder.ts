import { HeaderUnpacker } from './header-block.ts';
import { CONTROL_TYPE, FLAG_FIN, SPDY_VERSION, type SpdyFrame } from './spdy-frame.ts';
import { SpdyProtocolError } from './spdy-error.ts';

/** Longest control frame, in bytes: far more than any header block of Kubernetes. */
const MAX_CONTROL_BYTES = 64 * 1024;
const HEAD_BYTES = 8;
const MAX_SETTINGS = 256;
const ID_MASK = 0x7fffffff;

/** A data frame whose payload has not come in whole. */
interface OpenData {
  readonly streamId: number;
  readonly isLast: boolean;
  missing: number;
}

const TYPE_NAMES = new Map<number, keyof typeof CONTROL_TYPE>(
  Object.entries(CONTROL_TYPE).map(([name, number]) => [number, name as keyof typeof CONTROL_TYPE]),
);

function word(payload: Buffer, index: number): number {
  const offset = index * 4;
  if (payload.length < offset + 4) throw new SpdyProtocolError('a control frame is too short');
  return payload.readUInt32BE(offset);
}

/** Turns bytes into frames, whatever pieces they come in. After an error it takes nothing more. */
export class SpdyDecoder {
  readonly #unpacker = new HeaderUnpacker();
  #rest: Buffer = Buffer.alloc(0);
  #data: OpenData | undefined;

  /**
   * The frames that are complete with this piece; unknown control frames are passed over.
   *
   * @throws SpdyProtocolError for bytes that are no SPDY/3
   */
  *push(piece: Buffer): Generator<SpdyFrame> {
    this.#rest = this.#rest.length === 0 ? piece : Buffer.concat([this.#rest, piece]);
    while (true) {
      const frame = this.#data === undefined ? this.#nextFrame() : this.#nextData(this.#data);
      if (frame === undefined) return;
      if (frame !== 'skipped') yield frame;
    }
  }

  #take(length: number): Buffer {
    const bytes = this.#rest.subarray(0, length);
    this.#rest = this.#rest.subarray(length);
    return bytes;
  }

  #nextFrame(): SpdyFrame | 'skipped' | undefined {
    if (this.#rest.length < HEAD_BYTES) return undefined;
    const first = this.#rest.readUInt32BE(0);
    const second = this.#rest.readUInt32BE(4);
    const flags = Math.floor(second / 2 ** 24);
    const length = second % 2 ** 24;
    const isControl = first > ID_MASK;
    if (!isControl) {
      if (first === 0) throw new SpdyProtocolError('a data frame names no stream');
      this.#take(HEAD_BYTES);
      this.#data = { streamId: first, isLast: (flags & FLAG_FIN) !== 0, missing: length };
      return this.#nextData(this.#data);
    }
    const version = Math.floor(first / 2 ** 16) & 0x7fff;
    if (version !== SPDY_VERSION) throw new SpdyProtocolError(`SPDY version ${version}`);
    if (length > MAX_CONTROL_BYTES) {
      throw new SpdyProtocolError(`a control frame of ${length} bytes is too long`);
    }
    if (this.#rest.length < HEAD_BYTES + length) return undefined;
    this.#take(HEAD_BYTES);
    return this.#control(first & 0xffff, flags, this.#take(length));
  }

  #nextData(open: OpenData): SpdyFrame | undefined {
    if (this.#rest.length === 0 && open.missing > 0) return undefined;
    const payload = this.#take(Math.min(open.missing, this.#rest.length));
    open.missing -= payload.length;
    const isComplete = open.missing === 0;
    if (isComplete) this.#data = undefined;
    return { type: 'data', streamId: open.streamId, isLast: isComplete && open.isLast, payload };
  }

  #control(typeNumber: number, flags: number, payload: Buffer): SpdyFrame | 'skipped' {
    const type = TYPE_NAMES.get(typeNumber);
    const isLast = (flags & FLAG_FIN) !== 0;
    switch (type) {
      case 'syn-stream': {
        const streamId = this.#streamId(payload);
        // Behind the id: associated stream, priority, slot.
        return { type, streamId, isLast, headers: this.#unpacker.unpack(payload.subarray(10)) };
      }
      case 'syn-reply':
      case 'headers': {
        const streamId = this.#streamId(payload);
        return { type, streamId, isLast, headers: this.#unpacker.unpack(payload.subarray(4)) };
      }
      case 'rst-stream':
        return { type, streamId: this.#streamId(payload), status: word(payload, 1) };
      case 'settings':
        return { type, settings: this.#settings(payload) };
      case 'ping':
        return { type, id: word(payload, 0) };
      case 'goaway':
        return { type, lastStreamId: word(payload, 0) & ID_MASK, status: word(payload, 1) };
      case 'window-update': {
        const delta = word(payload, 1) & ID_MASK;
        if (delta === 0) throw new SpdyProtocolError('a window update of no bytes');
        return { type, streamId: word(payload, 0) & ID_MASK, delta };
      }
      case undefined:
        return 'skipped';
      default:
        return type satisfies never;
    }
  }

  #streamId(payload: Buffer): number {
    const streamId = word(payload, 0) & ID_MASK;
    if (streamId === 0) throw new SpdyProtocolError('a control frame names no stream');
    return streamId;
  }

  #settings(payload: Buffer): ReadonlyMap<number, number> {
    const count = word(payload, 0);
    if (count > MAX_SETTINGS) throw new SpdyProtocolError(`${count} settings are too many`);
    const settings = new Map<number, number>();
    for (let index = 0; index < count; index += 1) {
      // The upper byte of the id holds flags.
      const id = word(payload, 1 + 2 * index) & 0xffffff;
      settings.set(id, word(payload, 2 + 2 * index));
    }
    return settings;
  }
}
