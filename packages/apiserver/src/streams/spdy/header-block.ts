import { constants, deflateRawSync, deflateSync, inflateRawSync } from 'node:zlib';
import { HEADER_DICTIONARY } from './header-dictionary.ts';
import { SpdyProtocolError } from './spdy-error.ts';

/** Header names in lower case. Several values of one name are joined with a zero byte, as on the wire. */
export type SpdyHeaders = ReadonlyMap<string, string>;

/** Longest header block after unpacking, in bytes. Those of Kubernetes take under 200. */
const MAX_BLOCK_BYTES = 64 * 1024;
/** How far back a compressed block may refer, in bytes (RFC 1951). */
const HISTORY_BYTES = 32 * 1024;
const ZLIB_HEADER_BYTES = 2;
const DICTIONARY_ID_BYTES = 4;
const HAS_DICTIONARY = 0x20;

function parsePairs(block: Buffer): SpdyHeaders {
  const headers = new Map<string, string>();
  let offset = 0;
  const number = () => {
    if (offset + 4 > block.length) throw new SpdyProtocolError('a header block ends too early');
    const value = block.readUInt32BE(offset);
    offset += 4;
    return value;
  };
  const text = () => {
    const length = number();
    if (offset + length > block.length) {
      throw new SpdyProtocolError('a header block ends too early');
    }
    const value = block.toString('utf8', offset, offset + length);
    offset += length;
    return value;
  };
  for (let rest = number(); rest > 0; rest -= 1) {
    const name = text();
    if (name === '') throw new SpdyProtocolError('a header has no name');
    const key = name.toLowerCase();
    if (headers.has(key)) throw new SpdyProtocolError(`the header ${key} occurs twice`);
    headers.set(key, text());
  }
  return headers;
}

/**
 * Unpacks header blocks. All blocks of a connection are one compressed stream, flushed to a byte boundary after each,
 * so a block can be unpacked alone when what came before is at hand.
 */
export class HeaderUnpacker {
  /** The end of what the stream has unpacked to, at most {@link HISTORY_BYTES}; starts as the dictionary. */
  #history: Buffer = HEADER_DICTIONARY;
  #isFirst = true;

  /** @throws SpdyProtocolError for a block that is damaged or too long */
  unpack(packed: Buffer): SpdyHeaders {
    const body = this.#isFirst ? packed.subarray(this.#preambleLength(packed)) : packed;
    this.#isFirst = false;
    let block: Buffer;
    try {
      block = inflateRawSync(body, {
        dictionary: this.#history,
        finishFlush: constants.Z_SYNC_FLUSH,
        maxOutputLength: MAX_BLOCK_BYTES,
      });
    } catch (error) {
      throw new SpdyProtocolError('a header block cannot be unpacked', { cause: error });
    }
    this.#history = Buffer.concat([this.#history, block]).subarray(-HISTORY_BYTES);
    return parsePairs(block);
  }

  #preambleLength(packed: Buffer): number {
    const method = (packed[0] ?? 0) & 0x0f;
    const flags = packed[1] ?? 0;
    if (packed.length < ZLIB_HEADER_BYTES || method !== 8) {
      throw new SpdyProtocolError('the first header block does not start a zlib stream');
    }
    return ZLIB_HEADER_BYTES + ((flags & HAS_DICTIONARY) === 0 ? 0 : DICTIONARY_ID_BYTES);
  }
}

/** Packs header blocks; each stands for itself, without references to those before. */
export class HeaderPacker {
  #isFirst = true;

  pack(headers: SpdyHeaders): Buffer {
    const parts: Buffer[] = [];
    const number = (value: number) => {
      const bytes = Buffer.alloc(4);
      bytes.writeUInt32BE(value);
      parts.push(bytes);
    };
    number(headers.size);
    for (const pair of headers) {
      for (const text of pair) {
        const bytes = Buffer.from(text);
        number(bytes.byteLength);
        parts.push(bytes);
      }
    }
    const block = Buffer.concat(parts);
    const finishFlush = constants.Z_SYNC_FLUSH;
    if (!this.#isFirst) return deflateRawSync(block, { finishFlush });
    this.#isFirst = false;
    return deflateSync(block, { finishFlush, dictionary: HEADER_DICTIONARY });
  }
}
