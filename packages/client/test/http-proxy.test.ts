import assert from 'node:assert/strict';
import { connect as connectTcp, type Socket } from 'node:net';
import { after, before, test } from 'node:test';
import type { TransportResponse } from '@kubewright/apimachinery';
import { WebSocketServer } from 'ws';
import { connect, HttpTransport, KubeConfig, TransportError } from '../src/index.ts';
import { parseProxy, proxyFromEnvironment } from '../src/http/proxy-choice.ts';
import { Authority, type Pair } from './certificates.ts';
import { LocalServer } from './local-server.ts';
import { TemporaryFolder } from './temporary-folder.ts';

let folder: TemporaryFolder;
let authority: Authority;
let pair: Pair;
before(async () => {
  folder = await TemporaryFolder.make();
  authority = await Authority.make(folder);
  pair = await authority.sign('/CN=server', 'DNS:api.example.com,DNS:localhost,IP:127.0.0.1');
});
after(() => folder[Symbol.asyncDispose]());

interface Proxy extends AsyncDisposable {
  readonly url: URL;
  /** Targets of the tunnels asked for, with the credentials. */
  readonly asked: string[];
}

/** A proxy that tunnels to one server, whatever name it is asked for. */
async function proxyTo(target: LocalServer, tls?: Pair): Promise<Proxy> {
  const asked: string[] = [];
  const server = await LocalServer.listen(
    (_, response) => response.writeHead(400).end(),
    tls === undefined ? undefined : { cert: tls.certificate, key: tls.key },
  );
  server.server.on('connect', (request, client: Socket) => {
    asked.push(`${request.url ?? ''} ${request.headers['proxy-authorization'] ?? ''}`.trim());
    if (request.url?.startsWith('forbidden') === true) {
      client.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n');
      return;
    }
    const upstream = connectTcp(target.port, '127.0.0.1', () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n');
      upstream.pipe(client).pipe(upstream);
    });
    upstream.on('error', () => client.destroy());
    client.on('error', () => upstream.destroy());
  });
  return {
    url: new URL(server.url),
    asked,
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

async function listen(): Promise<LocalServer> {
  return LocalServer.listen((request, response) => response.end(`GET ${request.url ?? ''}`), {
    cert: pair.certificate,
    key: pair.key,
  });
}

async function textOf({ body }: TransportResponse): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

const trust = (): Promise<string> => Promise.resolve(authority.certificate);

test('reaches the server through the tunnel of a proxy, with TLS to the server itself', async () => {
  await using server = await listen();
  await using proxy = await proxyTo(server);
  proxy.url.username = 'me';
  proxy.url.password = 'p%40ss';
  const transport = new HttpTransport({
    server: 'https://api.example.com:6443',
    certificateAuthority: trust,
    proxy: proxy.url,
  });
  assert.equal(await textOf(await transport.request({ method: 'GET', path: '/x' })), 'GET /x');
  await transport.close();
  const credentials = Buffer.from('me:p@ss').toString('base64');
  assert.deepEqual(proxy.asked, [`api.example.com:6443 Basic ${credentials}`]);
});

test('still verifies the server behind the proxy', async () => {
  await using server = await listen();
  await using proxy = await proxyTo(server);
  const transport = new HttpTransport({
    server: 'https://other.example.com',
    certificateAuthority: trust,
    proxy: proxy.url,
  });
  await assert.rejects(transport.request({ method: 'GET', path: '/' }), { code: 'TLS_FAILED' });
  await transport.close();
});

test('reaches a server without TLS through a tunnel too', async () => {
  await using server = await LocalServer.listen((_, response) => response.end('plain'));
  await using proxy = await proxyTo(server);
  const transport = new HttpTransport({ server: 'http://api.example.com', proxy: proxy.url });
  assert.equal(await textOf(await transport.request({ method: 'GET', path: '/' })), 'plain');
  await transport.close();
  assert.deepEqual(proxy.asked, ['api.example.com:80']);
});

test('opens WebSockets through the tunnel', async () => {
  await using server = await listen();
  const sockets = new WebSocketServer({ server: server.server });
  sockets.on('connection', (socket) => socket.send(Buffer.from('hi')));
  await using proxy = await proxyTo(server);
  const transport = new HttpTransport({
    server: 'https://api.example.com:6443',
    certificateAuthority: trust,
    proxy: proxy.url,
  });
  const connection = await transport.webSocket({ path: '/exec', protocols: [] });
  for await (const message of connection.messages) {
    assert.deepEqual(message, Buffer.from('hi'));
    break;
  }
  await transport.close();
  assert.deepEqual(proxy.asked, ['api.example.com:6443']);
});

test('says why a proxy refuses, and that there is none', async () => {
  await using server = await listen();
  let gone: URL;
  {
    await using proxy = await proxyTo(server);
    const transport = new HttpTransport({ server: 'https://forbidden', proxy: proxy.url });
    await assert.rejects(transport.request({ method: 'GET', path: '/' }), {
      name: 'TransportError',
      code: 'PROXY_FAILED',
      message: `forbidden:443: proxy ${proxy.url.host}: refused the tunnel with HTTP 407; put user and password into the proxy URL`,
    });
    await transport.close();
    gone = proxy.url;
  }
  const transport = new HttpTransport({ server: 'https://x', proxy: gone });
  await assert.rejects(
    transport.request({ method: 'GET', path: '/' }),
    (error) =>
      error instanceof TransportError &&
      error.code === 'PROXY_FAILED' &&
      error.message.includes('ECONNREFUSED'),
  );
  await transport.close();
});

test('gives up a proxy that does not answer, in time or when closed', async () => {
  await using silent = await LocalServer.listen(() => undefined);
  silent.server.on('connect', (_, socket) => {
    socket.on('error', () => undefined).on('end', () => socket.destroy());
    socket.resume();
  });
  const options = { server: 'https://x', proxy: new URL(silent.url) };
  const impatient = new HttpTransport({ ...options, connectTimeoutMs: 20 });
  await assert.rejects(impatient.request({ method: 'GET', path: '/' }), {
    code: 'PROXY_FAILED',
    message: /no answer in time/,
  });
  await impatient.close();
  const closed = new HttpTransport(options);
  const { promise: asked, resolve } = Promise.withResolvers<undefined>();
  silent.server.once('connect', () => resolve(undefined));
  const work = closed.request({ method: 'GET', path: '/' });
  await Promise.all([assert.rejects(work, TransportError), asked.then(() => closed.close())]);
  await silent.untilIdle();
});

test('takes the proxy of the kubeconfig, else the one of the environment', async () => {
  await using server = await listen();
  await using named = await proxyTo(server);
  await using general = await proxyTo(server);
  const config = (proxyUrl: string): KubeConfig =>
    KubeConfig.fromString(`
clusters:
- name: c
  cluster:
    server: https://api.example.com
    certificate-authority-data: ${Buffer.from(authority.certificate).toString('base64')}
    ${proxyUrl}
contexts: [{name: x, context: {cluster: c}}]`);
  const env = { HTTPS_PROXY: general.url.href };
  for (const [text, environment] of [
    [`proxy-url: ${named.url.href}`, env],
    ['', env],
  ] as const) {
    const transport = await connect(config(text), { env: environment });
    await textOf(await transport.request({ method: 'GET', path: '/' }));
    await transport.close();
  }
  assert.deepEqual([named.asked.length, general.asked.length], [1, 1]);
  await assert.rejects(connect(config('proxy-url: ftp://x')), {
    name: 'KubeConfigError',
    message: /a proxy of type ftp; only http, https and socks5 proxies are supported/,
  });
});

test('chooses the proxy by scheme and by the exceptions in NO_PROXY', () => {
  const chosen = (server: string, env: Record<string, string>): string | undefined =>
    proxyFromEnvironment(new URL(server), env)?.host;
  const env = { HTTPS_PROXY: 'http://secure:1', HTTP_PROXY: 'plain:2' };
  assert.equal(chosen('https://api.example.com', env), 'secure:1');
  assert.equal(chosen('http://api.example.com', env), 'plain:2');
  assert.equal(chosen('https://api.example.com', { https_proxy: 'lower:3' }), 'lower:3');
  assert.equal(chosen('https://api.example.com', {}), undefined);
  for (const local of ['localhost:6443', '127.0.0.1:6443', '[::1]:6443', 'x.localhost']) {
    assert.equal(chosen(`https://${local}`, env), undefined, local);
  }
  const excluded: [server: string, list: string, isExcluded: boolean][] = [
    ['https://api.example.com', '*', true],
    ['https://api.example.com', 'example.com', true],
    ['https://example.com', 'example.com', true],
    ['https://badexample.com', 'example.com', false],
    ['https://example.com', '.example.com', false],
    ['https://api.example.com', '.EXAMPLE.com', true],
    ['https://api.example.com', '*.example.com', true],
    ['https://api.example.com', 'other, example.com ,', true],
    ['https://api.example.com:6443', 'api.example.com:6443', true],
    ['https://api.example.com', 'api.example.com:443', true],
    ['https://api.example.com', 'api.example.com:6443', false],
    ['https://10.1.2.3', '10.0.0.0/8', true],
    ['https://11.1.2.3', '10.0.0.0/8', false],
    ['https://10.1.2.3', '10.1.2.3', true],
    ['https://10.1.2.3', '10.0.0.0/99', false],
    ['https://10.1.2.3', '1.2.3', false],
    ['https://[fd00::5]', 'fd00::/8', true],
    ['https://[fd00::5]', 'fd00::5', true],
    ['https://[fd00::5]:6443', '[fd00::5]:6443', true],
    ['https://[fe00::5]', 'fd00::/8', false],
    ['https://api.example.com', '', false],
  ];
  for (const [server, list, isExcluded] of excluded) {
    const proxy = chosen(server, { ...env, NO_PROXY: list });
    assert.equal(proxy === undefined, isExcluded, `${server} with NO_PROXY=${list}`);
  }
});

test('reads a proxy without scheme as http, and refuses what is no URL', () => {
  assert.equal(parseProxy('proxy:3128', 'X').href, 'http://proxy:3128/');
  assert.throws(() => parseProxy('http://', 'HTTPS_PROXY'), {
    name: 'TypeError',
    message: 'HTTPS_PROXY holds no URL',
  });
  assert.throws(() => parseProxy('socks5://', 'HTTPS_PROXY'), {
    name: 'TypeError',
    message: 'HTTPS_PROXY names no proxy',
  });
});
