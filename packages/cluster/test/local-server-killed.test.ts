import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { makeClusterFolder } from '../src/cluster-folder.ts';

/** Calls back, so that its end is seen, and will not end when asked. */
const calling = (port: number): string =>
  `require('node:net').connect(${String(port)}, '127.0.0.1'); process.on('SIGTERM', () => {});`;

/** Says that it is ready, as kube-apiserver does. */
const answering = `
  const { readFileSync } = require('node:fs');
  const flags = Object.fromEntries(process.argv.slice(2).map((flag) => flag.slice(2).split('=')));
  require('node:https')
    .createServer(
      { cert: readFileSync(flags['tls-cert-file']), key: readFileSync(flags['tls-private-key-file']) },
      (_, response) => response.end('ok'),
    )
    .listen(Number(flags['secure-port']), '127.0.0.1');`;

test('neither programs nor files of a local server outlive a process that is killed for long', async () => {
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
  // Whoever makes a cluster in the same folder would remove what is to be seen here.
  const temporary = await mkdtemp(join(tmpdir(), 'local-server-'));
  const assets = await mkdtemp(join(temporary, 'assets-'));
  const programs = { etcd: calling(port), 'kube-apiserver': calling(port) + answering };
  for (const [name, text] of Object.entries(programs)) {
    const line = `#!${process.execPath}\n${text}\n`;
    await writeFile(join(assets, name), line, { mode: 0o755 });
  }
  const host = spawn(
    process.execPath,
    [join(import.meta.dirname, 'local-server-host.ts'), assets],
    { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, TMPDIR: temporary } },
  );
  const lines = createInterface(host.stdout);
  const ended = once(lines, 'close').then(() => {
    throw new Error(`the host ended early; ${String(callers.length)} programs had called`);
  });
  // It ends in any case, and that is looked at only while something else is waited for.
  ended.catch(() => undefined);
  try {
    const line = once(lines, 'line') as Promise<[string]>;
    const [kubeconfig] = await Promise.race([line, ended]);
    // One program may answer before the other has begun.
    await Promise.race([both.promise, ended]);
    const gone = Promise.all(callers.map((socket) => once(socket.resume(), 'close')));
    host.kill('SIGKILL');
    await once(host, 'exit');
    await gone;
    assert.ok(existsSync(kubeconfig));
    await makeClusterFolder(temporary);
    assert.equal(existsSync(dirname(kubeconfig)), false);
  } finally {
    host.kill('SIGKILL');
    server.close();
    for (const socket of callers) socket.destroy();
    await rm(temporary, { recursive: true, force: true });
  }
});
