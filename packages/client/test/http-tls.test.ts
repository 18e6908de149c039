import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { ServerOptions } from 'node:https';
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { after, before, test } from 'node:test';
import type { TransportResponse } from '@kubewright/apimachinery';
import {
  connect,
  type Credential,
  HttpTransport,
  KubeConfig,
  TransportError,
} from '../src/index.ts';
import { Authority, type Pair } from './certificates.ts';
import { LocalServer } from './local-server.ts';
import { TemporaryFolder } from './temporary-folder.ts';

let folder: TemporaryFolder;
let authority: Authority;
let serverPair: Pair;
let clientPair: Pair;
before(async () => {
  folder = await TemporaryFolder.make();
  authority = await Authority.make(folder);
  [serverPair, clientPair] = await Promise.all([
    authority.sign('/CN=server'),
    authority.sign('/CN=jane/O=devs'),
  ]);
});
after(() => folder[Symbol.asyncDispose]());

const base64 = (text: string): string => Buffer.from(text).toString('base64');

/** A server that answers the common name of the client's certificate. */
async function listen(more: ServerOptions = {}): Promise<LocalServer> {
  return LocalServer.listen(
    ({ socket }, response) => {
      const name =
        socket instanceof TLSSocket && socket.authorized
          ? socket.getPeerCertificate().subject.CN
          : undefined;
      response.end(String(name ?? 'nobody'));
    },
    {
      cert: serverPair.certificate,
      key: serverPair.key,
      ca: authority.certificate,
      requestCert: true,
      rejectUnauthorized: false,
      ...more,
    },
  );
}

function configFor(server: LocalServer, cluster = '', user = ''): KubeConfig {
  return KubeConfig.fromString(`
clusters:
- name: c
  cluster: {server: '${server.url}', ${cluster}}
users:
- name: u
  user: {${user}}
contexts:
- name: x
  context: {cluster: c, user: u}
`);
}

async function textOf({ body }: TransportResponse): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

async function ask(config: KubeConfig): Promise<string> {
  const transport = await connect(config, { env: {}, retries: { maxRetries: 0 } });
  try {
    return await textOf(await transport.request({ method: 'GET', path: '/' }));
  } finally {
    await transport.close();
  }
}

async function failureOf(work: Promise<unknown>): Promise<TransportError> {
  try {
    await work;
  } catch (error) {
    assert.ok(error instanceof TransportError, String(error));
    return error;
  }
  return assert.fail('it did not fail');
}

test('trusts the CA of the kubeconfig, given as data or as a file', async () => {
  await using server = await listen();
  const data = `certificate-authority-data: ${base64(authority.certificate)}`;
  assert.equal(await ask(configFor(server, data)), 'nobody');
  const path = await folder.write('ca.pem', authority.certificate);
  assert.equal(await ask(configFor(server, `certificate-authority: ${path}`)), 'nobody');
});

test('refuses a server of an unknown CA, and says what to do', async () => {
  await using server = await listen();
  const error = await failureOf(ask(configFor(server)));
  assert.equal(error.code, 'TLS_FAILED');
  assert.equal(error.maybeSent, false);
  assert.match(error.message, /unknown CA; set certificate-authority\(-data\)/);
});

test('refuses a server of another CA than the one in the kubeconfig', async () => {
  await using server = await listen();
  const other = await Authority.make(folder, 'other');
  const data = `certificate-authority-data: ${base64(other.certificate)}`;
  assert.equal((await failureOf(ask(configFor(server, data)))).code, 'TLS_FAILED');
});

test('accepts any server only when told so', async () => {
  await using server = await listen();
  assert.equal(await ask(configFor(server, 'insecure-skip-tls-verify: true')), 'nobody');
});

test('checks the name of the server, or the one the kubeconfig says it has', async () => {
  const { certificate, key } = await authority.sign('/CN=x', 'DNS:api.internal');
  await using server = await listen({ cert: certificate, key });
  const data = `certificate-authority-data: ${base64(authority.certificate)}`;
  const error = await failureOf(ask(configFor(server, data)));
  assert.equal(error.code, 'TLS_FAILED');
  assert.match(error.message, /set tls-server-name of the cluster/);
  assert.equal(await ask(configFor(server, `${data}, tls-server-name: api.internal`)), 'nobody');
});

test('shows the client certificate, given as data or as files', async () => {
  await using server = await listen();
  const ca = `certificate-authority-data: ${base64(authority.certificate)}`;
  const data = `client-certificate-data: ${base64(clientPair.certificate)}, client-key-data: ${base64(clientPair.key)}`;
  assert.equal(await ask(configFor(server, ca, data)), 'jane');
  const certificate = await folder.write('c.pem', clientPair.certificate);
  const key = await folder.write('k.pem', clientPair.key);
  assert.equal(
    await ask(configFor(server, ca, `client-certificate: ${certificate}, client-key: ${key}`)),
    'jane',
  );
});

test('says that a certificate file is missing', async () => {
  await using server = await listen();
  await assert.rejects(ask(configFor(server, 'certificate-authority: /no/such.pem')), {
    name: 'CredentialError',
    code: 'UNREADABLE_FILE',
    message: /cannot read \/no\/such\.pem/,
  });
  const ca = `certificate-authority-data: ${base64(authority.certificate)}`;
  await assert.rejects(
    ask(configFor(server, ca, `client-certificate-data: ${base64('x')}`)),
    /has no client-key: certificate and key belong together/,
  );
});

test('opens new connections, and only then, when the client certificate changes', async () => {
  const other = await authority.sign('/CN=joe');
  await using server = await listen();
  let credential: Credential = { headers: {}, clientCertificate: clientPair };
  const transport = new HttpTransport({
    server: server.url,
    certificateAuthority: () => Promise.resolve(authority.certificate),
    credentials: {
      current: () => Promise.resolve(credential),
      renew: () => Promise.resolve(false),
      close: () => Promise.resolve(),
    },
  });
  const whoAmI = async (): Promise<string> =>
    textOf(await transport.request({ method: 'GET', path: '/' }));
  assert.equal(await whoAmI(), 'jane');
  // A new object with the same content is no change.
  credential = { headers: {}, clientCertificate: { ...clientPair } };
  assert.equal(await whoAmI(), 'jane');
  const before = server.connections;
  credential = { headers: {}, clientCertificate: other };
  assert.equal(await whoAmI(), 'joe');
  assert.equal(server.connections, before + 1);
  await transport.close();
  await server.untilIdle();
});

test('refuses a kubeconfig that trusts a CA and any server at once', async () => {
  await using server = await listen();
  const both = `insecure-skip-tls-verify: true, certificate-authority-data: ${base64(authority.certificate)}`;
  await assert.rejects(ask(configFor(server, both)), {
    name: 'KubeConfigError',
    message: /contradict each other/,
  });
});

test('refuses a server that is no URL', async () => {
  const config = KubeConfig.fromString(
    'clusters: [{name: c, cluster: {server: "localhost:6443"}}]\ncontexts: [{name: x, context: {cluster: c}}]',
    { path: '/k' },
  );
  await assert.rejects(connect(config), {
    name: 'KubeConfigError',
    message:
      '/k: cluster "c": server must be a URL that begins with https://, not "localhost:6443"',
  });
});

test('says that a certificate is none, also through a proxy', async () => {
  await using server = await listen();
  const garbage = base64('-----BEGIN CERTIFICATE-----\ngarbage\n-----END CERTIFICATE-----\n');
  const ca = `certificate-authority-data: ${base64(authority.certificate)}`;
  const user = `client-certificate-data: ${garbage}, client-key-data: ${garbage}`;
  const error = await failureOf(ask(configFor(server, ca, user)));
  assert.deepEqual([error.code, error.maybeSent], ['TLS_FAILED', false]);

  await using proxy = await LocalServer.listen(() => undefined);
  proxy.server.on('connect', (_, socket: Socket) => {
    socket.on('error', () => undefined).on('end', () => socket.destroy());
    socket.resume();
    socket.write('HTTP/1.1 200 OK\r\n\r\n');
  });
  const proxied = `${ca}, proxy-url: '${proxy.url}'`;
  assert.equal((await failureOf(ask(configFor(server, proxied, user)))).code, 'TLS_FAILED');
});

test('bounds a TLS handshake that nobody answers, and ends it when closed', async () => {
  await using silent = await LocalServer.listen(() => undefined);
  silent.server.removeAllListeners('connection');
  const arrivals: Socket[] = [];
  silent.server.on('connection', (socket) => arrivals.push(socket.resume()));
  const server = silent.url.replace('http:', 'https:');

  const impatient = new HttpTransport({ server, connectTimeoutMs: 30, retries: { maxRetries: 0 } });
  const late = await failureOf(impatient.request({ method: 'POST', path: '/' }));
  assert.deepEqual([late.code, late.maybeSent], ['CONNECT_TIMEOUT', false]);
  await impatient.close();

  const closed = new HttpTransport({ server });
  const arrival = once(silent.server, 'connection');
  const work = closed.request({ method: 'GET', path: '/' });
  const [socket] = (await arrival) as [Socket];
  const ended = once(socket, 'end');
  const [failure] = await Promise.all([failureOf(work), closed.close()]);
  assert.equal(failure.code, 'CLOSED');
  await ended;
  for (const each of arrivals) each.destroy();
});
