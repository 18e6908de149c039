import assert from 'node:assert/strict';
import { test } from 'node:test';
import { StatusError } from '@kubewright/apimachinery';
import fc from 'fast-check';
import { createLogger, parseLogLevel, redact, silentLogger } from '../src/index.ts';
import type { LoggerOptions } from '../src/index.ts';

function setUp(options: LoggerOptions = {}): {
  logger: ReturnType<typeof createLogger>;
  lines: () => unknown[];
} {
  let text = '';
  const logger = createLogger({
    destination: { write: (line) => void (text += line) },
    now: () => new Date('2026-01-31T12:00:00.500Z'),
    ...options,
  });
  return {
    logger,
    lines: () =>
      text
        .split('\n')
        .filter((line) => line !== '')
        .map((line): unknown => JSON.parse(line)),
  };
}

test('writes one JSON object a line: level, time, message, fields', () => {
  const { logger, lines } = setUp({ fields: { operator: 'foo' } });
  logger.with({ name: 'a', attempt: 1 }).info('reconciled', { attempt: 2, durationMs: 12 });
  assert.deepEqual(lines(), [
    {
      level: 'info',
      time: '2026-01-31T12:00:00.500Z',
      operator: 'foo',
      name: 'a',
      attempt: 2,
      durationMs: 12,
      msg: 'reconciled',
    },
  ]);
});

test('writes what is at its level or above', () => {
  const { logger, lines } = setUp({ level: 'warn' });
  logger.debug('a');
  logger.info('b');
  logger.warn('c');
  logger.error('d');
  assert.deepEqual(
    lines().map((line) => (line as { msg: string }).msg),
    ['c', 'd'],
  );
  const silent = setUp({ level: 'silent' });
  silent.logger.error('e');
  assert.deepEqual(silent.lines(), []);
});

test('fields do not overwrite what belongs to the line', () => {
  const { logger, lines } = setUp();
  logger.info('done', { level: 'L', time: 'T', msg: 'M' });
  assert.deepEqual(lines(), [
    {
      level: 'info',
      time: '2026-01-31T12:00:00.500Z',
      field_level: 'L',
      field_time: 'T',
      field_msg: 'M',
      msg: 'done',
    },
  ]);
});

test('an error is written with name, message, code, reason and cause', () => {
  const cause = new StatusError({ code: 409, reason: 'Conflict', message: 'changed' });
  const { stack, ...rest } = redact(new Error('update failed', { cause })) as Record<
    string,
    unknown
  >;
  assert.equal(typeof stack, 'string');
  const { stack: causeStack, ...causeRest } = rest['cause'] as Record<string, unknown>;
  assert.equal(typeof causeStack, 'string');
  assert.deepEqual(
    { ...rest, cause: causeRest },
    {
      name: 'Error',
      message: 'update failed',
      cause: { name: 'StatusError', message: 'changed', code: 409, reason: 'Conflict' },
    },
  );
});

test('secrets are taken out by name, by form, and with the data of Secret objects', () => {
  const jwt = 'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ4In0.c2lnbmF0dXJl';
  const { logger, lines } = setUp();
  logger.warn(`sent Bearer ${jwt}`, {
    token: 'hunter2',
    headers: { Authorization: 'Basic aGVsbG86d29ybGQ=', 'set-cookie': ['a=b'] },
    user: { 'client-key-data': 'abc', password: '', passwordHash: 'kept' },
    note: `the token is ${jwt}`,
    proxy: 'http://me:pass@proxy:3128/',
    pem: '-----BEGIN EC PRIVATE KEY-----\nabc\n-----END EC PRIVATE KEY-----',
    object: {
      kind: 'Secret',
      metadata: { name: 's' },
      data: { a: 'Yg==' },
      stringData: { c: 'd' },
    },
    config: { kind: 'ConfigMap', data: { a: 'b' } },
    error: new Error(`401 for Bearer ${jwt}`),
  });
  const [line] = lines() as Record<string, unknown>[];
  const text = JSON.stringify(line);
  for (const secret of ['hunter2', 'eyJ', 'aGVsbG8', 'a=b', 'abc', ':pass@', 'Yg==', '"d"']) {
    assert.equal(text.includes(secret), false, secret);
  }
  assert.equal(line?.['proxy'], 'http://me:[redacted]@proxy:3128/');
  assert.deepEqual(line['config'], { kind: 'ConfigMap', data: { a: 'b' } });
  assert.deepEqual(line['user'], {
    'client-key-data': '[redacted]',
    password: '',
    passwordHash: 'kept',
  });
});

test('anything can be logged: cycles, getters that throw, deep and long data', () => {
  const cyclic: Record<string, unknown> = {};
  cyclic['self'] = cyclic;
  assert.deepEqual(redact(cyclic), { self: '[circular]' });
  const hostile = Object.defineProperty({}, 'x', {
    enumerable: true,
    get() {
      throw new Error('no');
    },
  });
  assert.equal(redact(hostile), '[unreadable]');
  assert.equal((redact(Array.from({ length: 500 }, () => 1)) as unknown[]).length, 101);
  assert.equal(redact(10n), '10');
  assert.deepEqual(redact(new Map([['token', 'x']])), { token: '[redacted]' });
  fc.assert(
    fc.property(fc.anything(), (value) => {
      JSON.stringify(redact(value));
    }),
  );
});

test('a level is read in any case, and the choices are named', () => {
  assert.equal(parseLogLevel('WARN'), 'warn');
  assert.throws(() => parseLogLevel('loud'), /choose one of debug, info, warn, error, silent/);
});

test('the silent logger stays silent, also with fields', () => {
  assert.equal(silentLogger.with({ a: 1 }), silentLogger);
  silentLogger.error('nothing');
});
