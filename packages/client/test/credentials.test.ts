import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { existsSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import type { TransportResponse } from '@kubewright/apimachinery';
import { CachedFile } from '../src/credentials/cached-file.ts';
import { UserCredentials } from '../src/credentials/user-credentials.ts';
import {
  connect,
  CredentialError,
  HttpTransport,
  type Credential,
  KubeConfig,
  type ClusterEntry,
  type ExecEntry,
  type UserEntry,
} from '../src/index.ts';
import { LocalServer } from './local-server.ts';
import { TemporaryFolder } from './temporary-folder.ts';

const cluster: ClusterEntry = {
  name: 'c',
  server: 'https://c',
  insecureSkipTlsVerify: false,
  disableCompression: false,
};

async function headersOf(user: Partial<UserEntry>): Promise<Credential['headers']> {
  return (await new UserCredentials({ name: 'u', ...user }, cluster).current()).headers;
}

test('sends a bearer token, or user name and password', async () => {
  assert.deepEqual(await headersOf({ token: 't' }), { authorization: 'Bearer t' });
  assert.deepEqual(await headersOf({ username: 'jö', password: 'p:w' }), {
    authorization: `Basic ${Buffer.from('jö:p:w').toString('base64')}`,
  });
  assert.deepEqual(await headersOf({}), {});
});

test('says whom to act as, with groups, uid and extra values', async () => {
  const impersonate = {
    user: 'system:robot',
    uid: '7',
    groups: ['a', 'b,c'],
    extra: { 'example.com/Scope x%': ['1', '2'] },
  };
  assert.deepEqual(await headersOf({ impersonate }), {
    'impersonate-user': 'system:robot',
    'impersonate-uid': '7',
    'impersonate-group': ['a', 'b,c'],
    'impersonate-extra-example.com%2Fscope%20x%25': ['1', '2'],
  });
});

test('says the names of whom to act as in UTF-8', async () => {
  await using server = await LocalServer.listen((_, response) => response.end());
  const impersonate = { user: 'jürgen 你好', uid: 'ü', groups: ['größe'], extra: { ä: ['ö'] } };
  const credentials = new UserCredentials({ name: 'u', impersonate }, cluster);
  const transport = new HttpTransport({ server: server.url, credentials });
  await transport.request({ method: 'GET', path: '/' });
  await transport.close();
  const received = (name: string): string =>
    Buffer.from(String(server.requests[0]?.headers[name]), 'latin1').toString('utf8');
  assert.deepEqual(
    ['user', 'uid', 'group', 'extra-%c3%a4'].map((name) => received(`impersonate-${name}`)),
    ['jürgen 你好', 'ü', 'größe', 'ö'],
  );
});

test('reads a token file again when it is old, and keeps the token while it is being replaced', async () => {
  await using folder = await TemporaryFolder.make();
  const path = await folder.write('token', 'one');
  let nowMs = 0;
  const file = new CachedFile(path, { maxAgeMs: 60_000, now: () => nowMs });
  assert.equal(await file.read(), 'one');
  await folder.write('token', 'two');
  nowMs = 59_999;
  assert.equal(await file.read(), 'one');
  nowMs = 60_000;
  assert.equal(await file.read(), 'two');
  await folder.write('token', '\n');
  nowMs = 130_000;
  assert.equal(await file.read(), 'two');
  await rm(path);
  nowMs = 200_000;
  assert.equal(await file.read(), 'two');
});

test('does not act as nobody because a token file is empty', async () => {
  await using folder = await TemporaryFolder.make();
  const tokenFile = await folder.write('token', '\n');
  await assert.rejects(headersOf({ tokenFile }), {
    code: 'UNREADABLE_FILE',
    message: `cannot read ${tokenFile}: Error: the file is empty`,
  });
});

test('reports a token file that never could be read', async () => {
  const file = new CachedFile('/no/such/token');
  await assert.rejects(
    file.read(),
    (error) =>
      error instanceof CredentialError &&
      error.code === 'UNREADABLE_FILE' &&
      error.message.startsWith('cannot read /no/such/token: '),
  );
});

test('prefers the token in the file, and falls back on the one beside it', async () => {
  await using folder = await TemporaryFolder.make();
  const path = await folder.write('token', ' from-file\n');
  assert.deepEqual(await headersOf({ token: 't', tokenFile: path }), {
    authorization: 'Bearer from-file',
  });
  assert.deepEqual(await headersOf({ token: 't', tokenFile: '/no/such' }), {
    authorization: 'Bearer t',
  });
  await assert.rejects(headersOf({ tokenFile: '/no/such' }), CredentialError);
});

test('gives the same object as long as nothing has changed', async () => {
  const credentials = new UserCredentials({ name: 'u', token: 't' }, cluster);
  assert.equal(await credentials.current(), await credentials.current());
  assert.equal(await credentials.renew(await credentials.current()), false);
});

test('reads the token file again after a 401, and repeats the call', async () => {
  await using folder = await TemporaryFolder.make();
  const tokenFile = await folder.write('token', 'old');
  await using server = await LocalServer.listen((request, response) => {
    const isNew = request.headers.authorization === 'Bearer new';
    response.writeHead(isNew ? 200 : 401).end(request.headers.authorization);
  });
  const transport = await connect(
    KubeConfig.fromString(`
clusters: [{name: c, cluster: {server: '${server.url}'}}]
users: [{name: u, user: {tokenFile: ${tokenFile}}}]
contexts: [{name: x, context: {cluster: c, user: u}}]`),
    { env: {} },
  );
  const status = async (): Promise<number> => {
    const response = await transport.request({ method: 'POST', path: '/', body: 'x' });
    await drain(response);
    return response.status;
  };
  assert.equal(await status(), 401);
  assert.equal(server.requests.length, 1);
  await folder.write('token', 'new');
  assert.equal(await status(), 200);
  assert.equal(server.requests.length, 3);
  await transport.close();
});

async function drain({ body }: TransportResponse): Promise<void> {
  for await (const _ of body);
}

/** A plug-in that appends to a log, and answers what a file says. */
async function plugin(
  folder: TemporaryFolder,
  answer: unknown,
  more: Partial<ExecEntry> = {},
): Promise<{
  entry: ExecEntry;
  runs: () => Promise<string[]>;
  answer: (value: unknown) => Promise<void>;
}> {
  const log = join(folder.path, 'log');
  await folder.write('log', '');
  const write = async (value: unknown): Promise<void> => {
    await folder.write('answer', typeof value === 'string' ? value : JSON.stringify(value));
  };
  await write(answer);
  const command = await folder.write(
    'plugin',
    `#!/bin/sh
echo "$KUBERNETES_EXEC_INFO" >> ${log}
echo "$EXTRA $1" >&2
cat ${join(folder.path, 'answer')}
exit "$\{CODE:-0}"
`,
    0o755,
  );
  return {
    entry: {
      apiVersion: 'client.authentication.k8s.io/v1',
      command,
      args: ['argument'],
      env: { EXTRA: 'extra' },
      provideClusterInfo: false,
      interactiveMode: 'Never',
      ...more,
    },
    runs: async () => (await readFile(log, 'utf8')).split('\n').filter((line) => line !== ''),
    answer: write,
  };
}

const answer = (status: object, apiVersion = 'client.authentication.k8s.io/v1'): object => ({
  apiVersion,
  kind: 'ExecCredential',
  status,
});

test('runs a plug-in once for any number of requests, and again when its token has expired', async () => {
  await using folder = await TemporaryFolder.make();
  const expiry = '2030-01-01T00:00:00Z';
  const {
    entry,
    runs,
    answer: answerWith,
  } = await plugin(folder, answer({ token: 'one', expirationTimestamp: expiry }));
  let nowMs = Date.parse(expiry) - 3_600_000;
  const credentials = new UserCredentials({ name: 'u', exec: entry }, cluster, {
    now: () => nowMs,
  });
  const all = await Promise.all(Array.from({ length: 10 }, () => credentials.current()));
  assert.equal(new Set(all).size, 1);
  assert.deepEqual(all[0]?.headers, { authorization: 'Bearer one' });
  await answerWith(answer({ token: 'two' }));
  assert.equal(await credentials.current(), all[0]);
  assert.equal((await runs()).length, 1);
  nowMs = Date.parse(expiry);
  assert.deepEqual((await credentials.current()).headers, { authorization: 'Bearer two' });
  assert.equal((await runs()).length, 2);
});

test('runs the plug-in once after any number of 401s for one credential', async () => {
  await using folder = await TemporaryFolder.make();
  const { entry, runs, answer: answerWith } = await plugin(folder, answer({ token: 'one' }));
  const credentials = new UserCredentials({ name: 'u', exec: entry }, cluster);
  const rejected = await credentials.current();
  await answerWith(answer({ token: 'two' }));
  const renewals = await Promise.all(Array.from({ length: 5 }, () => credentials.renew(rejected)));
  assert.deepEqual(new Set(renewals), new Set([true]));
  assert.equal((await runs()).length, 2);
  assert.equal(await credentials.renew(rejected), true);
  assert.equal((await runs()).length, 2);
});

test('does not try again when the plug-in gives the same token after a 401', async () => {
  await using folder = await TemporaryFolder.make();
  const { entry } = await plugin(folder, answer({ token: 'one' }));
  const credentials = new UserCredentials({ name: 'u', exec: entry }, cluster);
  assert.equal(await credentials.renew(await credentials.current()), false);
});

test('uses the certificate of a plug-in', async () => {
  await using folder = await TemporaryFolder.make();
  const { entry } = await plugin(
    folder,
    answer({ clientCertificateData: 'CERT', clientKeyData: 'KEY' }),
  );
  const { headers, clientCertificate } = await new UserCredentials(
    { name: 'u', exec: entry },
    cluster,
  ).current();
  assert.deepEqual(headers, {});
  assert.deepEqual(clientCertificate, { certificate: 'CERT', key: 'KEY' });
});

test('does not run a plug-in beside a token', async () => {
  await using folder = await TemporaryFolder.make();
  const { entry, runs } = await plugin(folder, answer({ token: 'one' }));
  await new UserCredentials({ name: 'u', token: 't', exec: entry }, cluster).current();
  assert.deepEqual(await runs(), []);
});

test('tells the plug-in about the cluster only when the kubeconfig wants that', async () => {
  await using folder = await TemporaryFolder.make();
  const ca = await folder.write('ca.crt', 'CA');
  const informed: ClusterEntry = {
    ...cluster,
    certificateAuthority: { from: 'file', path: ca },
    tlsServerName: 'name',
    proxyUrl: 'http://proxy',
    execConfig: { audience: 'x' },
  };
  for (const provideClusterInfo of [false, true]) {
    const apiVersion = 'client.authentication.k8s.io/v1beta1';
    const { entry, runs } = await plugin(folder, answer({ token: 't' }, apiVersion), {
      apiVersion,
      provideClusterInfo,
    });
    await new UserCredentials({ name: 'u', exec: entry }, informed).current();
    assert.deepEqual(JSON.parse((await runs())[0] ?? ''), {
      kind: 'ExecCredential',
      apiVersion,
      spec: {
        interactive: false,
        ...(provideClusterInfo && {
          cluster: {
            server: 'https://c',
            'tls-server-name': 'name',
            'certificate-authority-data': Buffer.from('CA').toString('base64'),
            'proxy-url': 'http://proxy',
            config: { audience: 'x' },
          },
        }),
      },
    });
  }
});

async function failureOf(
  entry: ExecEntry,
  options: ConstructorParameters<typeof UserCredentials>[2] = {},
): Promise<CredentialError> {
  try {
    await new UserCredentials({ name: 'u', exec: entry }, cluster, options).current();
  } catch (error) {
    assert.ok(error instanceof CredentialError, String(error));
    return error;
  }
  return assert.fail('it did not fail');
}

test('says how to install a plug-in that is missing', async () => {
  await using folder = await TemporaryFolder.make();
  const { entry } = await plugin(folder, '');
  const error = await failureOf({
    ...entry,
    command: 'no-such-plugin',
    installHint: 'Run: brew install no-such-plugin\n',
  });
  assert.equal(error.code, 'PLUGIN_NOT_FOUND');
  assert.equal(
    error.message,
    'the kubeconfig wants the credential plug-in no-such-plugin, which is not installed or not in PATH\nRun: brew install no-such-plugin',
  );
});

test('reports a plug-in that fails, with what it said', async () => {
  await using folder = await TemporaryFolder.make();
  const { entry } = await plugin(folder, '', { env: { CODE: '3', EXTRA: 'expired login' } });
  const error = await failureOf(entry);
  assert.equal(error.code, 'PLUGIN_FAILED');
  assert.match(error.message, /plugin ended with code 3: expired login argument$/);
});

test('reports a plug-in that cannot be run', async () => {
  await using folder = await TemporaryFolder.make();
  const command = await folder.write('not-executable', 'x', 0o600);
  const { entry } = await plugin(folder, '');
  assert.equal((await failureOf({ ...entry, command })).code, 'PLUGIN_FAILED');
});

test('ends a plug-in that takes too long, or that is not needed any more', async () => {
  await using folder = await TemporaryFolder.make();
  const command = await folder.write('sleeper', '#!/bin/sh\nexec sleep 1000\n', 0o755);
  const { entry } = await plugin(folder, '');
  const slow = { ...entry, command };
  assert.match((await failureOf(slow, { timeoutMs: 30 })).message, /did not end within 0.03 s/);

  const closed = new UserCredentials({ name: 'u', exec: slow }, cluster);
  const waiting = assert.rejects(closed.current(), { code: 'PLUGIN_FAILED' });
  await closed.close();
  await waiting;
});

/** A shell script that starts a program, which holds its output open for 20 s; `isRunning` says whether it still does. */
async function leavingScript(
  folder: TemporaryFolder,
  rest: string,
): Promise<{ entry: ExecEntry; isRunning: () => boolean }> {
  const begun = join(folder.path, 'begun');
  const ended = join(folder.path, 'ended');
  const script = `#!/bin/sh\n(sleep 20; echo > ${ended}) &\necho > ${begun}\n${rest}\n`;
  const command = await folder.write('script', script, 0o755);
  const { entry } = await plugin(folder, '');
  return {
    entry: { ...entry, command },
    isRunning: () => existsSync(begun) && !existsSync(ended),
  };
}

test('takes the answer of a plug-in that leaves a program running', async () => {
  await using folder = await TemporaryFolder.make();
  const script = await leavingScript(folder, `echo '${JSON.stringify(answer({ token: 'one' }))}'`);
  const credentials = new UserCredentials({ name: 'u', exec: script.entry }, cluster);
  assert.deepEqual((await credentials.current()).headers, { authorization: 'Bearer one' });
  assert.ok(script.isRunning());
});

test('ends a plug-in that waits for a program of its own', async () => {
  await using folder = await TemporaryFolder.make();
  const script = await leavingScript(folder, 'wait');
  const credentials = new UserCredentials({ name: 'u', exec: script.entry }, cluster);
  const ended = assert.rejects(credentials.current(), { code: 'PLUGIN_FAILED' });
  while (!script.isRunning()) await setImmediate();
  await credentials.close();
  await ended;
  assert.ok(script.isRunning());
});

test('lets one caller leave while others wait for the plug-in', async () => {
  await using folder = await TemporaryFolder.make();
  const { entry, runs } = await plugin(folder, answer({ token: 'one' }));
  const credentials = new UserCredentials({ name: 'u', exec: entry }, cluster);
  const controller = new AbortController();
  const leaving = credentials.current(controller.signal);
  const staying = credentials.current(new AbortController().signal);
  const reason = new Error('enough');
  controller.abort(reason);
  await assert.rejects(leaving, (error) => error === reason);
  assert.deepEqual((await staying).headers, { authorization: 'Bearer one' });
  assert.equal((await runs()).length, 1);
  assert.deepEqual(getEventListeners(controller.signal, 'abort'), []);
});

test('refuses to ask a user where there is no terminal', async () => {
  await using folder = await TemporaryFolder.make();
  const { entry, runs } = await plugin(folder, answer({ token: 't' }), {
    interactiveMode: 'Always',
  });
  const error = await failureOf(entry, { isTerminal: false });
  assert.equal(error.code, 'PLUGIN_NEEDS_TERMINAL');
  assert.deepEqual(await runs(), []);
});

const invalidAnswers: Record<string, readonly [answer: unknown, message: RegExp]> = {
  'no JSON': ['secret-token', /did not write JSON to its standard output$/],
  'another kind': [{ kind: 'Secret' }, /did not write an object of kind ExecCredential$/],
  'another version': [
    answer({ token: 't' }, 'client.authentication.k8s.io/v1beta1'),
    /answered in version "client.authentication.k8s.io\/v1beta1", but the kubeconfig says/,
  ],
  'no status': [{ ...answer({}), status: 1 }, /without status$/],
  'an empty status': [answer({}), /neither status.token nor status.clientCertificateData$/],
  'a token that is a number': [answer({ token: 1 }), /a status.token that is no text$/],
  'a certificate without key': [answer({ clientCertificateData: 'C' }), /wrote only one of/],
  'an expiry that is no time': [
    answer({ token: 't', expirationTimestamp: 'soon' }),
    /expirationTimestamp that is no time$/,
  ],
};
for (const [what, [value, message]] of Object.entries(invalidAnswers)) {
  test(`refuses a plug-in that writes ${what}, without quoting it`, async () => {
    await using folder = await TemporaryFolder.make();
    const { entry } = await plugin(folder, value);
    const error = await failureOf(entry);
    assert.equal(error.code, 'PLUGIN_ANSWER_INVALID');
    assert.match(error.message, message);
    assert.doesNotMatch(error.message, /secret-token/);
  });
}
