import assert from 'node:assert/strict';
import { constants, createDeflate, type Deflate } from 'node:zlib';
import test from 'node:test';
import fc from 'fast-check';
import { HeaderPacker, HeaderUnpacker } from '../src/streams/spdy/header-block.ts';
import { HEADER_DICTIONARY } from '../src/streams/spdy/header-dictionary.ts';
import { SpdyDecoder } from '../src/streams/spdy/spdy-decoder.ts';
import { SpdyEncoder } from '../src/streams/spdy/spdy-encoder.ts';
import { SpdyProtocolError } from '../src/streams/spdy/spdy-error.ts';
import type { SpdyFrame } from '../src/streams/spdy/spdy-frame.ts';

function decodeAll(pieces: readonly Buffer[]): SpdyFrame[] {
  const decoder = new SpdyDecoder();
  return pieces.flatMap((piece) => [...decoder.push(piece)]);
}

function cut(bytes: Buffer, at: readonly number[]): Buffer[] {
  const points = [0, ...at.map((point) => point % (bytes.length + 1)), bytes.length].sort(
    (one, other) => one - other,
  );
  return points.slice(1).map((end, index) => bytes.subarray(points[index], end));
}

/** Data frames may come in pieces: joins those that belong together. */
function joinData(frames: readonly SpdyFrame[]): SpdyFrame[] {
  const joined: SpdyFrame[] = [];
  for (const frame of frames) {
    const last = joined.at(-1);
    if (frame.type === 'data' && last?.type === 'data' && last.streamId === frame.streamId) {
      joined[joined.length - 1] = {
        ...frame,
        isLast: last.isLast || frame.isLast,
        payload: Buffer.concat([last.payload, frame.payload]),
      };
    } else joined.push(frame);
  }
  return joined;
}

const streamId = fc.integer({ min: 1, max: 2 ** 31 - 1 });
const headers = fc
  .uniqueArray(fc.tuple(fc.stringMatching(/^[a-z][a-z-]{0,20}$/), fc.string({ maxLength: 40 })), {
    selector: ([name]) => name,
    maxLength: 8,
  })
  .map((pairs) => new Map(pairs));
function record<T extends object>(model: { [K in keyof T]: fc.Arbitrary<T[K]> }): fc.Arbitrary<T> {
  return fc.record(model, { noNullPrototype: true }) as fc.Arbitrary<T>;
}
const frame: fc.Arbitrary<SpdyFrame> = fc.oneof(
  record({
    type: fc.constantFrom('syn-stream' as const, 'syn-reply' as const, 'headers' as const),
    streamId,
    isLast: fc.boolean(),
    headers,
  }),
  record({ type: fc.constant('rst-stream' as const), streamId, status: fc.nat(11) }),
  record({
    type: fc.constant('settings' as const),
    settings: fc
      .dictionary(fc.constantFrom('4', '7'), fc.nat(2 ** 30))
      .map((entries) => new Map(Object.entries(entries).map(([id, value]) => [Number(id), value]))),
  }),
  record({ type: fc.constant('ping' as const), id: fc.nat(2 ** 31 - 1) }),
  record({
    type: fc.constant('goaway' as const),
    lastStreamId: fc.nat(1000),
    status: fc.nat(2),
  }),
  record({
    type: fc.constant('window-update' as const),
    streamId: fc.nat(1000),
    delta: fc.integer({ min: 1, max: 2 ** 31 - 1 }),
  }),
  record({
    type: fc.constant('data' as const),
    streamId,
    isLast: fc.boolean(),
    payload: fc.uint8Array({ minLength: 1, maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
  }),
);

test('reads back every frame that it writes, in whatever pieces the bytes come', () => {
  fc.assert(
    fc.property(
      fc.array(frame, { maxLength: 12 }),
      fc.array(fc.nat(10_000), { maxLength: 20 }),
      (frames, points) => {
        const encoder = new SpdyEncoder();
        const bytes = Buffer.concat(frames.map((one) => encoder.encode(one)));
        assert.deepEqual(joinData(decodeAll(cut(bytes, points))), joinData(frames));
      },
    ),
    { numRuns: 200 },
  );
});

test('takes any bytes without failing otherwise than by refusing them', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), fc.boolean(), (bytes, asControl) => {
      const input = Buffer.from(bytes);
      // Half of the inputs look like frames of the right version, to get past the first check.
      if (asControl && input.length >= 4) input.writeUInt16BE(0x8003, 0);
      try {
        decodeAll([input]);
      } catch (error) {
        assert.ok(error instanceof SpdyProtocolError, String(error));
      }
    }),
    { numRuns: 2000 },
  );
});

test('has the dictionary of the protocol', () => {
  // A zlib stream names its dictionary by this checksum, so every peer checks it too.
  let [low, high] = [1, 0];
  for (const byte of HEADER_DICTIONARY) {
    low = (low + byte) % 65_521;
    high = (high + low) % 65_521;
  }

  assert.equal(HEADER_DICTIONARY.length, 1423);
  assert.equal((high * 65_536 + low).toString(16), 'e3c6a7c2');
});

function wireBlock(pairs: Readonly<Record<string, string>>): Buffer {
  const parts: Buffer[] = [];
  const word = (value: number) => {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(value);
    parts.push(bytes);
  };
  word(Object.keys(pairs).length);
  for (const text of Object.entries(pairs).flat()) {
    word(text.length);
    parts.push(Buffer.from(text));
  }
  return Buffer.concat(parts);
}

async function deflated(deflate: Deflate, block: Buffer): Promise<Buffer> {
  await new Promise<void>((resolve) => deflate.write(block, () => resolve()));
  await new Promise<void>((resolve) => deflate.flush(constants.Z_SYNC_FLUSH, () => resolve()));
  return deflate.read() as Buffer;
}

test('unpacks blocks of a peer whose compression goes on from block to block', async () => {
  const deflate = createDeflate({ dictionary: HEADER_DICTIONARY });
  const unpacker = new HeaderUnpacker();
  for (let index = 0; index < 200; index += 1) {
    const pairs = {
      streamtype: index % 2 === 0 ? 'error' : 'data',
      port: '8080',
      requestid: String(index),
      // Fills the history more than once, with text that later blocks refer to.
      filler: `${'kubernetes '.repeat(40)}${index}`,
    };
    const packed = await deflated(deflate, wireBlock(pairs));
    assert.deepEqual(Object.fromEntries(unpacker.unpack(packed)), pairs);
  }
  deflate.close();
});

test('packs blocks that a peer unpacks as one stream', () => {
  const packer = new HeaderPacker();
  const unpacker = new HeaderUnpacker();
  for (const value of ['one', 'two', 'three']) {
    const pairs = new Map([
      [':status', '200 OK'],
      ['x', value],
    ]);
    assert.deepEqual(unpacker.unpack(packer.pack(pairs)), pairs);
  }
});

test('refuses a header block that unpacks to more than is sensible', async () => {
  const deflate = createDeflate({ dictionary: HEADER_DICTIONARY });
  const bomb = await deflated(deflate, wireBlock({ bomb: 'a'.repeat(1_000_000) }));
  deflate.close();

  assert.ok(bomb.length < 5000);
  assert.throws(() => new HeaderUnpacker().unpack(bomb), SpdyProtocolError);
});

test('refuses header blocks that say more than they hold, or a name twice', async () => {
  const pack = async (block: Buffer) => {
    const deflate = createDeflate({ dictionary: HEADER_DICTIONARY });
    try {
      return await deflated(deflate, block);
    } finally {
      deflate.close();
    }
  };
  const good = wireBlock({ a: 'b' });
  const countTooHigh = Buffer.from(good);
  countTooHigh.writeUInt32BE(1000, 0);
  const twice = Buffer.concat([wireBlock({ a: 'b' }), wireBlock({ A: 'c' }).subarray(4)]);
  twice.writeUInt32BE(2, 0);
  for (const block of [good.subarray(0, -1), countTooHigh, twice, Buffer.alloc(0)]) {
    const packed = await pack(block);
    assert.throws(() => new HeaderUnpacker().unpack(packed), SpdyProtocolError);
  }
});

test('hands on the pieces of a long data frame as they come', () => {
  const encoder = new SpdyEncoder();
  const payload = Buffer.alloc(1000, 7);
  const bytes = encoder.encode({ type: 'data', streamId: 1, isLast: true, payload });
  const decoder = new SpdyDecoder();

  const first = [...decoder.push(bytes.subarray(0, 108))];
  const second = [...decoder.push(bytes.subarray(108))];

  assert.deepEqual(first, [
    { type: 'data', streamId: 1, isLast: false, payload: payload.subarray(0, 100) },
  ]);
  assert.deepEqual(second, [
    { type: 'data', streamId: 1, isLast: true, payload: payload.subarray(0, 900) },
  ]);
});

test('passes over control frames that it does not know', () => {
  const unknown = Buffer.from([0x80, 0x03, 0x00, 0x63, 0x00, 0x00, 0x00, 0x02, 1, 2]);
  const ping = new SpdyEncoder().encode({ type: 'ping', id: 9 });

  assert.deepEqual(decodeAll([Buffer.concat([unknown, ping])]), [{ type: 'ping', id: 9 }]);
});

test('refuses other versions, frames without a stream and control frames that are too long', () => {
  const version2 = Buffer.from([0x80, 0x02, 0, 6, 0, 0, 0, 4, 0, 0, 0, 1]);
  const streamZero = Buffer.from([0, 0, 0, 0, 0, 0, 0, 0]);
  const endless = Buffer.from([0x80, 0x03, 0, 1, 0, 0xff, 0xff, 0xff]);
  const http = Buffer.from('\x80TTP/1.1 400 Bad Request\r\n\r\n', 'latin1');
  for (const bytes of [version2, streamZero, endless, http]) {
    assert.throws(() => decodeAll([bytes]), SpdyProtocolError);
  }
});
