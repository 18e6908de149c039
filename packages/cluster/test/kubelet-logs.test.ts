import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { LogWriter, type LogRotation } from '../src/kubelet/logs/log-file.ts';
import { decodeLogEntry, encodeLogEntry, LineSplitter } from '../src/kubelet/logs/log-line.ts';
import { readLog, readLogTail, type LogReadOptions } from '../src/kubelet/logs/log-reader.ts';

async function newLog(
  context: TestContext,
  rotation: LogRotation = { maxBytes: 1_000_000, maxFiles: 5 },
): Promise<{ path: string; writer: LogWriter; at: (ms: number) => void }> {
  const folder = await mkdtemp(join(tmpdir(), 'kubewright-logs-'));
  context.after(() => rm(folder, { recursive: true, force: true }));
  const path = join(folder, '0.log');
  let now = Date.UTC(2026, 0, 1);
  const writer = new LogWriter(path, rotation, () => now);
  await writer.open();
  return { path, writer, at: (ms) => (now = Date.UTC(2026, 0, 1) + ms) };
}

async function read(path: string, options: LogReadOptions = {}): Promise<string> {
  const parts: Uint8Array[] = [];
  for await (const part of readLog(path, options)) parts.push(part);
  return Buffer.concat(parts).toString('utf8');
}

test('stores lines of both streams in the order they came', async (context) => {
  const { path, writer } = await newLog(context);
  await writer.write('stdout', Buffer.from('one\ntw'));
  await writer.write('stderr', Buffer.from('error\n'));
  await writer.write('stdout', Buffer.from('o\nrest'));
  await writer.close();
  assert.equal(await read(path), 'one\nerror\ntwo\nrest\n');
  assert.equal(await read(path, { stream: 'stderr' }), 'error\n');
});

test('gives the last lines, those since a time, times, and no more bytes than wanted', async (context) => {
  const { path, writer, at } = await newLog(context);
  for (let line = 0; line < 5; line += 1) {
    at(line * 1000);
    await writer.write('stdout', Buffer.from(`line ${String(line)}\n`));
  }
  await writer.close();
  assert.equal(await read(path, { tailLines: 2 }), 'line 3\nline 4\n');
  assert.equal(await read(path, { tailLines: 0 }), '');
  assert.equal(await read(path, { sinceMs: Date.UTC(2026, 0, 1, 0, 0, 4) }), 'line 4\n');
  assert.equal(await read(path, { limitBytes: 9 }), 'line 0\nli');
  assert.equal(
    await read(path, { tailLines: 1, timestamps: true }),
    '2026-01-01T00:00:04.000000000Z line 4\n',
  );
});

test('counts a line of many parts as one', async (context) => {
  const { path, writer } = await newLog(context);
  const long = 'x'.repeat(40_000);
  await writer.write('stdout', Buffer.from(`before\n${long}\nafter\n`));
  await writer.close();
  assert.equal(await read(path, { tailLines: 2 }), `${long}\nafter\n`);
});

test('keeps no more files than allowed and reads across them', async (context) => {
  const { path, writer } = await newLog(context, { maxBytes: 200, maxFiles: 3 });
  for (let line = 0; line < 40; line += 1) {
    await writer.write('stdout', Buffer.from(`line ${String(line)}\n`));
  }
  await writer.close();
  assert.equal((await readdir(join(path, '..'))).length, 3);
  const text = await read(path);
  assert.ok(text.endsWith('line 38\nline 39\n'));
  assert.ok(!text.includes('line 0\n'));
});

test('follows a log across rotations until it is closed', async (context) => {
  const { path, writer } = await newLog(context, { maxBytes: 120, maxFiles: 2 });
  await writer.write('stdout', Buffer.from('line 0\n'));
  const lines: string[] = [];
  const first = Promise.withResolvers<undefined>();
  const following = (async () => {
    for await (const part of readLog(path, {}, writer)) {
      lines.push(Buffer.from(part).toString('utf8'));
      first.resolve(undefined);
    }
  })();
  await first.promise;
  for (let line = 1; line < 4; line += 1) {
    await writer.write('stdout', Buffer.from(`line ${String(line)}\n`));
  }
  await writer.close();
  await following;
  assert.deepEqual(lines, ['line 0\n', 'line 1\n', 'line 2\n', 'line 3\n']);
});

test('cuts the end of a log to the bounds of a termination message', async (context) => {
  const { path, writer } = await newLog(context);
  await writer.write('stdout', Buffer.from('a\nb\nc\n'));
  await writer.close();
  assert.equal(await readLogTail(path, 2, 100), 'b\nc\n');
  assert.equal(await readLogTail(path, 2, 3), '\nc\n');
});

test('reads every entry it writes, whatever the bytes', () => {
  const splitter = new LineSplitter('stdout');
  const bytes = Buffer.from([0, 255, 32, 70, 10, 10]);
  const entries = splitter.push(bytes, 0);
  const again = entries.map((entry) => decodeLogEntry(encodeLogEntry(entry).subarray(0, -1)));
  assert.deepEqual(
    again.map((entry) => entry?.content.toString('hex')),
    ['00ff2046', ''],
  );
  assert.equal(decodeLogEntry(Buffer.from('damaged')), undefined);
});
