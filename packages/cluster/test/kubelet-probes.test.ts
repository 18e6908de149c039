import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import { createServer as createHttp2Server } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { test, type TestContext } from 'node:test';
import type { Probe } from '@kubewright/apimachinery';
import { systemClock } from '../src/kubelet/index.ts';
import { askProbe } from '../src/kubelet/probes/prober.ts';
import { countAnswer, emptyStreak } from '../src/kubelet/probes/probe-state.ts';
import type { ProbeTarget } from '../src/kubelet/probes/probe-target.ts';
import type { ProbeOutcome } from '../src/kubelet/runtime/contracts.ts';

function targetAt(port: number | undefined): ProbeTarget {
  return {
    pod: { metadata: {} },
    container: { name: 'app', ports: [{ containerPort: 80, name: 'http' }] },
    podIp: '127.0.0.1',
    resolvePort: () =>
      Promise.resolve(port === undefined ? undefined : { host: '127.0.0.1', port }),
    exec: () => Promise.reject(new Error('not asked for')),
  };
}

/** Asks, with time for an answer however busy the machine is. */
async function ask(probe: Probe, port: number | undefined): Promise<ProbeOutcome> {
  const patient = { timeoutSeconds: 60, ...probe };
  return askProbe(patient, targetAt(port), systemClock, new AbortController().signal);
}

async function serve(context: TestContext, listener: RequestListener): Promise<number> {
  const server = createServer(listener);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  context.after(() => {
    server.closeAllConnections();
    server.close();
  });
  // A server that listens on a TCP port has such an address.
  return (server.address() as AddressInfo).port;
}

test('changes the verdict only when answers have come often enough in a row', () => {
  const thresholds = { successThreshold: 2, failureThreshold: 3 };
  const answers = [
    'failure',
    'failure',
    'success',
    'success',
    'failure',
    'unknown',
    'failure',
    'failure',
  ] as const;
  let streak = emptyStreak;
  const verdicts = answers.map((answer) => {
    const counted = countAnswer(streak, answer, thresholds);
    streak = counted.streak;
    return counted.verdict;
  });
  assert.deepEqual(verdicts, [
    undefined,
    undefined,
    undefined,
    'success',
    undefined,
    undefined,
    undefined,
    'failure',
  ]);
});

test('asks over HTTP by a named port, with the headers of the probe', async (context) => {
  const port = await serve(context, (request, response) => {
    response.statusCode =
      request.headers['x-probe'] === 'yes' && request.url === '/ready?a=1' ? 204 : 500;
    response.end();
  });
  const httpGet = { port: 'http', path: '/ready?a=1' };
  assert.deepEqual(
    await ask({ httpGet: { ...httpGet, httpHeaders: [{ name: 'X-Probe', value: 'yes' }] } }, port),
    {
      result: 'success',
      output: '',
    },
  );
  assert.deepEqual(await ask({ httpGet }, port), {
    result: 'failure',
    output: 'HTTP probe failed with statuscode: 500',
  });
});

test('follows redirects on the same host and only warns of others', async (context) => {
  const port = await serve(context, (request, response) => {
    const to: Record<string, string> = {
      '/a': '/b',
      '/out': 'http://elsewhere.test/',
      '/loop': '/loop',
    };
    const location = to[request.url ?? ''];
    response.writeHead(
      location === undefined ? 200 : 302,
      location === undefined ? {} : { location },
    );
    response.end('moved');
  });
  assert.equal((await ask({ httpGet: { port: 80, path: '/a' } }, port)).result, 'success');
  assert.deepEqual(await ask({ httpGet: { port: 80, path: '/out' } }, port), {
    result: 'warning',
    output: 'Probe terminated redirects, Response body: moved',
  });
  assert.match(
    (await ask({ httpGet: { port: 80, path: '/loop' } }, port)).output,
    /stopped after 10 redirects$/,
  );
});

test('words a refused connection like a kubelet', async () => {
  // Nobody listens on port 1.
  assert.equal(
    (await ask({ httpGet: { port: 1, path: '/x' } }, undefined)).output,
    'Get "http://127.0.0.1:1/x": dial tcp 127.0.0.1:1: connect: connection refused',
  );
  assert.equal(
    (await ask({ tcpSocket: { port: 1 } }, undefined)).output,
    'dial tcp 127.0.0.1:1: connect: connection refused',
  );
});

test('cannot tell anything of a port nobody named', async () => {
  const outcome = await ask({ httpGet: { port: 'nope' } }, undefined);
  assert.equal(outcome.result, 'unknown');
});

test('asks the gRPC health service', async (context) => {
  const server = createHttp2Server();
  server.on('stream', (stream, headers) => {
    const parts: Buffer[] = [];
    stream.on('data', (part: Buffer) => parts.push(part));
    stream.on('end', () => {
      const service = Buffer.concat(parts).subarray(7).toString('utf8');
      const isUp = headers[':path'] === '/grpc.health.v1.Health/Check' && service === 'up';
      stream.respond(
        { ':status': 200, 'content-type': 'application/grpc' },
        { waitForTrailers: true },
      );
      stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
      stream.end(Buffer.from([0, 0, 0, 0, 2, 0x08, isUp ? 1 : 2]));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  context.after(() => server.close());
  const { port } = server.address() as AddressInfo;
  assert.equal((await ask({ grpc: { port: 80, service: 'up' } }, port)).result, 'success');
  assert.equal(
    (await ask({ grpc: { port: 80, service: 'down' } }, port)).output,
    'service unhealthy (responded with "NOT_SERVING")',
  );
  assert.match(
    (await ask({ grpc: { port: 1 } }, undefined)).output,
    /^timeout: failed to connect service "127.0.0.1:1" within 1m0s: .*connection refused"$/,
  );
});
