import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

test('no process of a container outlives a cluster that is killed', async () => {
  const callers: Socket[] = [];
  const both = Promise.withResolvers<undefined>();
  const server = createServer((socket) => {
    // The end of a killed process may arrive as a reset.
    socket.on('error', () => undefined);
    callers.push(socket);
    if (callers.length === 2) both.resolve(undefined);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  // A server that listens on a TCP port has such an address.
  const { port } = server.address() as AddressInfo;
  const folder = await mkdtemp(join(tmpdir(), 'kubewright-orphans-'));
  const host = spawn(
    process.execPath,
    [join(import.meta.dirname, 'kubelet-orphan-host.ts'), String(port), folder],
    { stdio: ['ignore', 'ignore', 'inherit'] },
  );
  const ended = once(host, 'exit').then(() => {
    throw new Error(`the host ended early; ${String(callers.length)} processes had called`);
  });
  // It ends in any case, and that is looked at only while something else is waited for.
  ended.catch(() => undefined);
  try {
    await Promise.race([both.promise, ended]);
    const gone = Promise.all(callers.map((socket) => once(socket.resume(), 'close')));
    host.kill('SIGKILL');
    await gone;
    assert.equal(callers.length, 2);
  } finally {
    host.kill('SIGKILL');
    server.close();
    for (const socket of callers) socket.destroy();
    await rm(folder, { recursive: true, force: true });
  }
});
