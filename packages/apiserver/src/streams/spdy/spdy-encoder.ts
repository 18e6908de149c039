import { HeaderPacker } from './header-block.ts';
import {
  CONTROL_TYPE,
  FLAG_FIN,
  MAX_FRAME_BYTES,
  SPDY_VERSION,
  type SpdyFrame,
} from './spdy-frame.ts';

function words(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 4);
  values.forEach((value, index) => bytes.writeUInt32BE(value, index * 4));
  return bytes;
}

function control(type: keyof typeof CONTROL_TYPE, flags: number, payload: Buffer): Buffer {
  const head = Buffer.alloc(8);
  head.writeUInt16BE(0x8000 | SPDY_VERSION, 0);
  head.writeUInt16BE(CONTROL_TYPE[type], 2);
  head.writeUInt32BE(flags * 2 ** 24 + payload.byteLength, 4);
  return Buffer.concat([head, payload]);
}

/** The eight bytes before the payload of a data frame. */
export function dataFrameHead(streamId: number, length: number, isLast: boolean): Buffer {
  if (length > MAX_FRAME_BYTES) throw new TypeError(`a data frame of ${length} bytes is too long`);
  return words(streamId, (isLast ? FLAG_FIN : 0) * 2 ** 24 + length);
}

/** Turns frames into bytes. Header blocks are packed as one stream: the frames must be sent in the order of encoding. */
export class SpdyEncoder {
  readonly #packer = new HeaderPacker();

  encode(frame: SpdyFrame): Buffer {
    switch (frame.type) {
      case 'syn-stream': {
        // No associated stream, priority and slot 0.
        const payload = [
          words(frame.streamId, 0),
          Buffer.alloc(2),
          this.#packer.pack(frame.headers),
        ];
        return control(frame.type, frame.isLast ? FLAG_FIN : 0, Buffer.concat(payload));
      }
      case 'syn-reply':
      case 'headers': {
        const payload = [words(frame.streamId), this.#packer.pack(frame.headers)];
        return control(frame.type, frame.isLast ? FLAG_FIN : 0, Buffer.concat(payload));
      }
      case 'rst-stream':
        return control(frame.type, 0, words(frame.streamId, frame.status));
      case 'settings': {
        const entries = [...frame.settings].map(([id, value]) => words(id, value));
        return control(frame.type, 0, Buffer.concat([words(entries.length), ...entries]));
      }
      case 'ping':
        return control(frame.type, 0, words(frame.id));
      case 'goaway':
        return control(frame.type, 0, words(frame.lastStreamId, frame.status));
      case 'window-update':
        return control(frame.type, 0, words(frame.streamId, frame.delta));
      case 'data':
        return Buffer.concat([
          dataFrameHead(frame.streamId, frame.payload.byteLength, frame.isLast),
          frame.payload,
        ]);
      default:
        return frame satisfies never;
    }
  }
}
