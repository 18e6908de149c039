import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import type { JsonObject } from '../src/contracts.ts';
import { decodeEnvelope, openEnvelope } from '../src/protobuf/decode-envelope.ts';
import { WireError } from '../src/protobuf/wire-error.ts';
import { readRecorded } from './recorded/read-recorded.ts';

interface RecordedObject {
  readonly name: string;
  /** The object as the real server encodes it, base64. */
  readonly protobuf: string;
  /** The same object as the real server answers it in JSON. */
  readonly json: JsonObject;
}

// Recorded in this shape.
const RECORDED = readRecorded('protobuf-objects.json') as readonly RecordedObject[];

function decode(bytes: Uint8Array): JsonObject {
  return decodeEnvelope(openEnvelope(bytes));
}

/** A message of one field: tag, length, bytes. */
function field(number: number, bytes: string | Buffer): Buffer {
  const content = Buffer.from(bytes);
  assert.ok(content.length < 128);
  return Buffer.concat([Buffer.of((number << 3) | 2, content.length), content]);
}

function envelope(apiVersion: string, kind: string, raw: Buffer): Buffer {
  return Buffer.concat([
    Buffer.from('k8s\0'),
    field(1, Buffer.concat([field(1, apiVersion), field(2, kind)])),
    field(2, raw),
  ]);
}

for (const { name, protobuf, json } of RECORDED) {
  test(`reads a ${name} as the real server does`, () => {
    const object = decode(Buffer.from(protobuf, 'base64'));

    assert.deepEqual(JSON.parse(JSON.stringify(object)), json);
  });
}

test('leaves out zeros that mean absent, and keeps those that a pointer tells apart', () => {
  // replicas (a pointer) is 0 and minReadySeconds is 0.
  const spec = Buffer.from([1 << 3, 0, 5 << 3, 0]);
  const object = decode(envelope('apps/v1', 'Deployment', field(2, spec)));

  assert.deepEqual(object['spec'], { replicas: 0 });
});

test('keeps map keys that every object inherits', () => {
  const entry = Buffer.concat([field(1, '__proto__'), field(2, 'x')]);
  const object = decode(envelope('v1', 'ConfigMap', field(2, entry)));
  const data = object['data'] as JsonObject;

  assert.deepEqual(Object.entries(data), [['__proto__', 'x']]);
  assert.equal(Object.getPrototypeOf(data), Object.prototype);
});

test('passes over fields that it does not know', () => {
  const unknown = Buffer.concat([field(15, 'new'), Buffer.from([14 << 3, 1])]);

  assert.deepEqual(decode(envelope('v1', 'Namespace', unknown)), {
    apiVersion: 'v1',
    kind: 'Namespace',
  });
});

test('takes the options of a deletion under any group', () => {
  const object = decode(envelope('apps/v1', 'DeleteOptions', field(4, 'Foreground')));

  assert.equal(object['propagationPolicy'], 'Foreground');
});

test('refuses what is no object of a built-in kind, in the words of the real server', () => {
  const cases: readonly (readonly [Buffer, string])[] = [
    [Buffer.alloc(0), 'empty data'],
    [
      Buffer.from('{"kind":"Pod"}'),
      'provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]',
    ],
    [Buffer.from('k8s\0garbage'), 'proto: illegal wireType 7'],
    [
      envelope('v1', 'Foo', Buffer.alloc(0)),
      'no kind "Foo" is registered for version "v1" in scheme "pkg/runtime/scheme.go:111"',
    ],
    [envelope('v1', 'Namespace', Buffer.from([0x0a, 0x05, 0x61])), 'unexpected EOF'],
    [envelope('v1', 'Namespace', Buffer.from([0x0a, 0xff])), 'unexpected EOF'],
    [
      envelope('v1', 'Namespace', Buffer.from([0x08, 0x01])),
      'proto: wrong wireType = 0 for field 1',
    ],
  ];
  for (const [bytes, message] of cases) {
    assert.throws(
      () => decode(bytes),
      (error) => error instanceof WireError && error.message === message,
      message,
    );
  }
});

test('fails in no other way, whatever bytes come', () => {
  const pod = Buffer.from(
    RECORDED.find(({ name }) => name === '/v1 Pod rich')?.protobuf ?? '',
    'base64',
  );
  assert.ok(pod.length > 1000);
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(pod.length - 1), fc.nat(255)), { minLength: 1, maxLength: 6 }),
      fc.nat(pod.length),
      (changes, length) => {
        const bytes = Buffer.from(pod);
        for (const [index, value] of changes) bytes[index] = value;
        try {
          decode(bytes.subarray(0, length));
        } catch (error) {
          assert.ok(error instanceof WireError, String(error));
        }
      },
    ),
    { numRuns: 1000 },
  );
});

test('refuses messages that nest without end', () => {
  // JSONSchemaProps.not, again and again; lengths grow to two bytes on the way.
  let message: Buffer = Buffer.alloc(0);
  const wrap = (number: number, content: Buffer) => {
    const head: number[] = [];
    for (let rest = content.length; ; rest >>= 7) {
      head.push(rest > 127 ? (rest & 127) | 128 : rest);
      if (rest <= 127) break;
    }
    const tag = (number << 3) | 2;
    const tagBytes = tag > 127 ? [(tag & 127) | 128, tag >> 7] : [tag];
    return Buffer.concat([Buffer.from([...tagBytes, ...head]), content]);
  };
  for (let level = 0; level < 5000; level += 1) message = wrap(28, message);
  // spec → versions → schema → openAPIV3Schema
  for (const number of [1, 4, 7, 2]) message = wrap(number, message);
  const definition = Buffer.concat([
    Buffer.from('k8s\0'),
    field(
      1,
      Buffer.concat([field(1, 'apiextensions.k8s.io/v1'), field(2, 'CustomResourceDefinition')]),
    ),
    wrap(2, message),
  ]);

  assert.throws(() => decode(definition), WireError);
});
