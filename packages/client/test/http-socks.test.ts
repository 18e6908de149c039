import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { after, before, test } from 'node:test';
import type { TransportResponse } from '@kubewright/apimachinery';
import { WebSocketServer } from 'ws';
import { connect, HttpTransport, KubeConfig, TransportError } from '../src/index.ts';
import { proxyFromEnvironment } from '../src/http/proxy-choice.ts';
import { Authority, type Pair } from './certificates.ts';
import { LocalServer } from './local-server.ts';
import { SocksProxy } from './socks-proxy.ts';
import { TemporaryFolder } from './temporary-folder.ts';

let folder: TemporaryFolder;
let authority: Authority;
let pair: Pair;
before(async () => {
  folder = await TemporaryFolder.make();
  authority = await Authority.make(folder);
  pair = await authority.sign('/CN=server', 'DNS:api.example.com');
});
after(() => folder[Symbol.asyncDispose]());

async function textOf({ body }: TransportResponse): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

test('reaches the server through a SOCKS5 proxy, which resolves its name, with TLS to the server itself', async () => {
  await using server = await LocalServer.listen((_, response) => response.end('hello'), {
    cert: pair.certificate,
    key: pair.key,
  });
  const sockets = new WebSocketServer({ server: server.server });
  sockets.on('connection', (socket) => socket.send(Buffer.from('hi')));
  await using proxy = await SocksProxy.to(server.port);
  const config = KubeConfig.fromString(`
clusters:
- name: c
  cluster:
    server: https://api.example.com:6443
    certificate-authority-data: ${Buffer.from(authority.certificate).toString('base64')}
    proxy-url: ${proxy.url.href}
contexts: [{name: x, context: {cluster: c}}]`);
  const transport = await connect(config);
  assert.equal(await textOf(await transport.request({ method: 'GET', path: '/' })), 'hello');
  const connection = await transport.webSocket({ path: '/exec', protocols: [] });
  for await (const message of connection.messages) {
    assert.deepEqual(message, Buffer.from('hi'));
    break;
  }
  await transport.close();
  assert.deepEqual(proxy.asked, ['3 api.example.com 192b', '3 api.example.com 192b']);
});

test('asks for addresses as addresses, and without TLS too', async () => {
  await using server = await LocalServer.listen((_, response) => response.end('plain'));
  await using proxy = await SocksProxy.to(server.port);
  for (const host of [
    '10.1.2.3',
    '[fd00::1:2]',
    '[::1]',
    '[1:2:3:4:5:6:7:8]',
    '[::ffff:1.2.3.4]',
  ]) {
    const transport = new HttpTransport({ server: `http://${host}`, proxy: proxy.url });
    assert.equal(await textOf(await transport.request({ method: 'GET', path: '/' })), 'plain');
    await transport.close();
  }
  assert.deepEqual(proxy.asked, [
    '1 0a010203 0050',
    '4 fd000000000000000000000000010002 0050',
    '4 00000000000000000000000000000001 0050',
    '4 00010002000300040005000600070008 0050',
    '4 00000000000000000000ffff01020304 0050',
  ]);
});

async function refusalOf(proxy: URL): Promise<string> {
  const transport = new HttpTransport({ server: 'http://api', proxy, connectTimeoutMs: 5_000 });
  try {
    await transport.request({ method: 'GET', path: '/' });
  } catch (error) {
    assert.ok(error instanceof TransportError, String(error));
    assert.equal(error.code, 'PROXY_FAILED');
    const prefix = `api:80: proxy ${proxy.host}: `;
    assert.ok(error.message.startsWith(prefix), error.message);
    return error.message.slice(prefix.length);
  } finally {
    await transport.close();
  }
  return assert.fail('it was not refused');
}

test('says who asks, when the proxy wants to know', async () => {
  await using server = await LocalServer.listen((_, response) => response.end('let in'));
  await using proxy = await SocksProxy.to(server.port, { login: 'mé:p@ss' });
  const login = (user: string, password: string): URL =>
    Object.assign(new URL(proxy.url), { username: user, password });
  const transport = new HttpTransport({ server: 'http://api', proxy: login('mé', 'p@ss') });
  assert.equal(await textOf(await transport.request({ method: 'GET', path: '/' })), 'let in');
  await transport.close();
  assert.equal(
    await refusalOf(login('mé', 'wrong')),
    'does not accept the user name and password of the proxy URL',
  );
  assert.equal(
    await refusalOf(proxy.url),
    'wants to know who asks; put user and password into the proxy URL',
  );
});

test('says why a SOCKS5 proxy refuses', async () => {
  await using refusing = await SocksProxy.to(1, { reply: 5 });
  assert.equal(await refusalOf(refusing.url), 'was refused the connection');
  await using unknown = await SocksProxy.to(1, { reply: 77 });
  assert.equal(await refusalOf(unknown.url), 'refused with reply 77');
  await using web = await LocalServer.listen(() => undefined);
  assert.equal(await refusalOf(new URL(`socks5://127.0.0.1:${web.port}`)), 'does not speak SOCKS5');
});

test('gives up a SOCKS5 proxy that leaves, or says nothing until the transport is closed', async () => {
  const rude = createServer((socket) => socket.once('data', () => socket.end()));
  rude.listen(0, '127.0.0.1');
  await once(rude, 'listening');
  // A listening TCP server has such an address.
  const urlOf = (): URL => new URL(`socks5://127.0.0.1:${(rude.address() as AddressInfo).port}`);
  assert.equal(await refusalOf(urlOf()), 'closed the connection instead of an answer');

  rude.removeAllListeners('connection');
  const transport = new HttpTransport({ server: 'http://api', proxy: urlOf() });
  const { promise: connected, resolve } = Promise.withResolvers<Socket>();
  rude.once('connection', resolve);
  const refused = assert.rejects(transport.request({ method: 'GET', path: '/' }), TransportError);
  (await connected).on('error', () => undefined).resume();
  await transport.close();
  await refused;
  rude.close();
  await once(rude, 'close');
});

test('takes a SOCKS5 proxy from the environment too', () => {
  const env = { HTTPS_PROXY: 'socks5://localhost:1080' };
  assert.equal(
    proxyFromEnvironment(new URL('https://api.example.com'), env)?.href,
    'socks5://localhost:1080',
  );
});
