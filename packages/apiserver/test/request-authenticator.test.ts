import assert from 'node:assert/strict';
import { createPublicKey, generateKeyPairSync, verify } from 'node:crypto';
import { StatusError } from '@kubewright/apimachinery';
import test from 'node:test';
import type { JsonObject, ServerRequest, UserInfo } from '../src/contracts.ts';
import {
  accessFixture,
  binding,
  account,
  put,
  request,
  role,
  someone,
  user,
  type AccessFixture,
} from './access-fixture.ts';

const ISSUER = 'https://kubernetes.default.svc';
const BOT = {
  apiVersion: 'v1',
  kind: 'ServiceAccount',
  metadata: { name: 'bot', namespace: 'ops' },
};

function stored(fixture: AccessFixture, object: JsonObject): JsonObject {
  put(fixture.store, object);
  const { name, namespace } = object['metadata'] as { name: string; namespace?: string };
  const key = `${String(object['kind']).toLowerCase()}s`;
  const found = fixture.store.get(key, namespace, name);
  assert.ok(found);
  return found;
}

async function newToken(fixture: AccessFixture, spec: JsonObject = {}): Promise<string> {
  const bot = fixture.store.get('serviceaccounts', 'ops', 'bot') ?? stored(fixture, BOT);
  const answer = await fixture.access.issueToken({ spec }, bot);
  return (answer['status'] as { token: string }).token;
}

function claimsOf(token: string): JsonObject {
  return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as JsonObject;
}

function withToken(token: string, headers: Record<string, string> = {}): ServerRequest {
  return request({ headers: { ...headers, authorization: `Bearer ${token}` } });
}

async function refusalOf(work: Promise<unknown>): Promise<StatusError> {
  try {
    await work;
  } catch (error) {
    assert.ok(error instanceof StatusError, String(error));
    return error;
  }
  throw new Error('was not refused');
}

const review = (fixture: AccessFixture, kind: string) => {
  const found = fixture.access.virtualResources.get(`${kind}.authentication.k8s.io`);
  assert.ok(found);
  return found;
};

test('takes a request without credentials for anonymous', async () => {
  const { access } = accessFixture();

  assert.deepEqual(await access.authenticate(request()), {
    username: 'system:anonymous',
    groups: ['system:unauthenticated'],
  });
});

test('reads the user from a verified certificate', async () => {
  const { access } = accessFixture();
  const clientCertificate = {
    verified: true,
    commonName: 'jane',
    organizations: ['team'],
    fingerprint: 'ab',
  } as const;

  assert.deepEqual(await access.authenticate(request({ clientCertificate })), {
    username: 'jane',
    groups: ['team', 'system:authenticated'],
    extra: { 'authentication.kubernetes.io/credential-id': ['X509SHA256=ab'] },
  });
});

test('refuses a certificate that does not count, unless a token does', async () => {
  const fixture = accessFixture();
  const clientCertificate = { verified: false, problem: 'CERT_HAS_EXPIRED' } as const;

  const refusal = await refusalOf(fixture.access.authenticate(request({ clientCertificate })));
  assert.equal(refusal.code, 401);
  assert.deepEqual(refusal.status, {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message: 'Unauthorized',
    reason: 'Unauthorized',
    code: 401,
  });

  const token = await newToken(fixture);
  const sender = await fixture.access.authenticate({ ...withToken(token), clientCertificate });
  assert.equal(sender.username, 'system:serviceaccount:ops:bot');
});

test('knows static tokens', async () => {
  const { access } = accessFixture({
    staticTokens: new Map([['secret', { username: 'ci', groups: ['bots'] }]]),
  });

  assert.deepEqual(await access.authenticate(withToken('secret')), {
    username: 'ci',
    groups: ['bots', 'system:authenticated'],
  });
  assert.equal((await refusalOf(access.authenticate(withToken('other')))).code, 401);
});

test('takes a token from the sub-protocols of a WebSocket', async () => {
  const { access } = accessFixture({
    staticTokens: new Map([['secret', { username: 'ci', groups: [] }]]),
  });
  const encoded = Buffer.from('secret').toString('base64url');

  const sender = await access.authenticate(
    request({
      headers: {
        'sec-websocket-protocol': `v4.channel.k8s.io, base64url.bearer.authorization.k8s.io.${encoded}`,
      },
    }),
  );

  assert.equal(sender.username, 'ci');
});

test('issues tokens with the claims of a service account that anyone can verify', async () => {
  const fixture = accessFixture();
  const token = await newToken(fixture, { expirationSeconds: 600 });

  const claims = claimsOf(token);
  const nowSeconds = fixture.clock.nowMs / 1000;
  const bot = fixture.store.get('serviceaccounts', 'ops', 'bot');
  assert.equal(claims['iss'], ISSUER);
  assert.equal(claims['sub'], 'system:serviceaccount:ops:bot');
  assert.deepEqual(claims['aud'], [ISSUER]);
  assert.equal(claims['iat'], nowSeconds);
  assert.equal(claims['nbf'], nowSeconds);
  assert.equal(claims['exp'], nowSeconds + 600);
  assert.deepEqual(claims['kubernetes.io'], {
    namespace: 'ops',
    serviceaccount: { name: 'bot', uid: (bot?.['metadata'] as JsonObject)['uid'] as string },
  });
  const keys = fixture.access.respond(request({ path: '/openid/v1/jwks' }));
  const [jwk] = (
    JSON.parse(Buffer.from(keys?.body as Uint8Array).toString()) as {
      keys: [JsonObject];
    }
  ).keys;
  const [header = '', payload = '', signature = ''] = token.split('.');
  assert.deepEqual(JSON.parse(Buffer.from(header, 'base64url').toString()), {
    alg: 'ES256',
    kid: jwk['kid'] as string,
  });
  const key = createPublicKey({ key: jwk, format: 'jwk' });
  assert.ok(
    verify(
      'sha256',
      Buffer.from(`${header}.${payload}`),
      { key, dsaEncoding: 'ieee-p1363' },
      Buffer.from(signature, 'base64url'),
    ),
  );
});

test('signs with an RSA key when given one', async () => {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const fixture = accessFixture({
    serviceAccountIssuerKey: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
  });

  const sender = await fixture.access.authenticate(withToken(await newToken(fixture)));

  assert.equal(sender.username, 'system:serviceaccount:ops:bot');
});

test('takes a service account token for its account, with its groups', async () => {
  const fixture = accessFixture();
  const token = await newToken(fixture);

  const sender = await fixture.access.authenticate(withToken(token));

  assert.equal(sender.username, 'system:serviceaccount:ops:bot');
  assert.deepEqual(sender.groups, [
    'system:serviceaccounts',
    'system:serviceaccounts:ops',
    'system:authenticated',
  ]);
  assert.deepEqual(sender.extra, {
    'authentication.kubernetes.io/credential-id': [`JTI=${String(claimsOf(token)['jti'])}`],
  });
});

test('ends a token at its time', async () => {
  const fixture = accessFixture();
  const token = await newToken(fixture, { expirationSeconds: 600 });

  fixture.clock.nowMs += 599_000;
  await fixture.access.authenticate(withToken(token));
  fixture.clock.nowMs += 1000;

  assert.equal((await refusalOf(fixture.access.authenticate(withToken(token)))).code, 401);
});

test('ends a token with its account, also when one of the same name follows', async () => {
  const fixture = accessFixture();
  const token = await newToken(fixture);
  await fixture.access.authenticate(withToken(token));

  fixture.store.remove('serviceaccounts', 'ops', 'bot');
  assert.equal((await refusalOf(fixture.access.authenticate(withToken(token)))).code, 401);

  put(fixture.store, BOT);
  assert.equal((await refusalOf(fixture.access.authenticate(withToken(token)))).code, 401);
});

test('binds a token to a pod, says so, and ends it with the pod', async () => {
  const fixture = accessFixture();
  const pod = stored(fixture, {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'web', namespace: 'ops' },
    spec: { serviceAccountName: 'bot', nodeName: 'n1' },
  });
  const boundObjectRef = { kind: 'Pod', apiVersion: 'v1', name: 'web' };
  const token = await newToken(fixture, { boundObjectRef, expirationSeconds: 3607 });

  const claims = claimsOf(token);
  const { uid } = pod['metadata'] as { uid: string };
  const own = claims['kubernetes.io'] as JsonObject;
  assert.deepEqual(own['pod'], { name: 'web', uid });
  assert.deepEqual(own['node'], { name: 'n1' });
  // What kubelets ask for lasts a year and warns after the hour.
  assert.equal(Number(claims['exp']) - Number(claims['iat']), 365 * 24 * 3600);
  assert.equal(Number(own['warnafter']) - Number(claims['iat']), 3607);
  const sender = await fixture.access.authenticate(withToken(token));
  assert.deepEqual(sender.extra?.['authentication.kubernetes.io/pod-name'], ['web']);
  assert.deepEqual(sender.extra['authentication.kubernetes.io/pod-uid'], [uid]);

  fixture.store.remove('pods', 'ops', 'web');
  assert.equal((await refusalOf(fixture.access.authenticate(withToken(token)))).code, 401);
});

test('refuses token requests that make no sense, as the real server words it', async () => {
  const fixture = accessFixture();
  put(fixture.store, {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'web', namespace: 'ops' },
    spec: { serviceAccountName: 'other' },
  });
  const cases: readonly (readonly [JsonObject, number, string])[] = [
    [
      { expirationSeconds: 5 },
      422,
      'TokenRequest.authentication.k8s.io "" is invalid: spec.expirationSeconds: Invalid value: 5: may not specify a duration less than 10 minutes',
    ],
    [
      { expirationSeconds: 2 ** 33 },
      422,
      'TokenRequest.authentication.k8s.io "" is invalid: spec.expirationSeconds: Invalid value: 8589934592: may not specify a duration larger than 2^32 seconds',
    ],
    [
      { boundObjectRef: { kind: 'Foo', apiVersion: 'v1', name: 'x' } },
      400,
      'cannot bind token to object of type /v1, Kind=Foo',
    ],
    [{ boundObjectRef: { kind: 'Pod' } }, 400, 'Name parameter required.'],
    [{ boundObjectRef: { kind: 'Pod', apiVersion: 'v1', name: 'x' } }, 404, 'pods "x" not found'],
    [
      { boundObjectRef: { kind: 'Pod', apiVersion: 'v1', name: 'web' } },
      400,
      'cannot bind token for serviceaccount "bot" to pod running with different serviceaccount name.',
    ],
  ];
  for (const [spec, code, message] of cases) {
    const refusal = await refusalOf(newToken(fixture, spec));
    assert.equal(refusal.message, message);
    assert.equal(refusal.code, code, message);
  }
});

test('does not obey the algorithm that a token names', async () => {
  const fixture = accessFixture();
  const token = await newToken(fixture);
  const [, payload = '', signature = ''] = token.split('.');
  const header = (value: JsonObject) => Buffer.from(JSON.stringify(value)).toString('base64url');

  for (const forged of [
    `${header({ alg: 'none' })}.${payload}.`,
    `${header({ alg: 'HS256' })}.${payload}.${signature}`,
    `${token.slice(0, -4)}AAAA`,
    `${token}.${signature}`,
    'a.b.c',
    '..',
  ]) {
    const refusal = await refusalOf(fixture.access.authenticate(withToken(forged)));
    assert.equal(refusal.code, 401, forged);
  }
});

test('does not take a token of another server or for another audience', async () => {
  const fixture = accessFixture();
  const foreign = await newToken(accessFixture());
  const other = await newToken(fixture, { audiences: ['vault'] });

  assert.equal((await refusalOf(fixture.access.authenticate(withToken(foreign)))).code, 401);
  assert.equal((await refusalOf(fixture.access.authenticate(withToken(other)))).code, 401);
});

test('reviews tokens by audience', async () => {
  const fixture = accessFixture();
  const token = await newToken(fixture, { audiences: ['vault', 'other'] });
  const ask = async (spec: JsonObject) =>
    (
      await review(fixture, 'tokenreviews').create(
        { spec },
        { user: someone('x'), namespace: undefined },
      )
    )['status'] as JsonObject;

  const good = await ask({ token, audiences: ['zz', 'vault'] });
  assert.equal(good['authenticated'], true);
  assert.deepEqual(good['audiences'], ['vault']);
  assert.deepEqual(await ask({ token }), {
    user: {},
    error: `[invalid bearer token, token audiences ["vault" "other"] is invalid for the target audiences ["${ISSUER}"]]`,
  });
  assert.deepEqual(await ask({ token: 'xx' }), { user: {}, error: 'invalid bearer token' });
  fixture.store.remove('serviceaccounts', 'ops', 'bot');
  assert.deepEqual(await ask({ token, audiences: ['vault'] }), {
    user: {},
    error: '[invalid bearer token, serviceaccounts "bot" not found]',
  });
});

test('tells people who they are', async () => {
  const fixture = accessFixture();
  const answer = await review(fixture, 'selfsubjectreviews').create(
    { kind: 'SelfSubjectReview' },
    { user: { ...someone('jane'), extra: { k: ['v'] } }, namespace: undefined },
  );

  assert.deepEqual(answer['status'], {
    userInfo: { username: 'jane', groups: ['system:authenticated'], extra: { k: ['v'] } },
  });
});

test('serves the discovery document for OpenID', () => {
  const { access } = accessFixture();
  const answer = access.respond(
    request({ path: '/.well-known/openid-configuration', headers: { host: '127.0.0.1:1' } }),
  );

  assert.deepEqual(JSON.parse(Buffer.from(answer?.body as Uint8Array).toString()), {
    issuer: ISSUER,
    jwks_uri: 'https://127.0.0.1:1/openid/v1/jwks',
    response_types_supported: ['id_token'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: ['ES256'],
  });
  assert.equal(access.respond(request({ path: '/api' })), undefined);
});

// ------------------------------------------------------------------------------------------------- impersonation

function acting(fixture: AccessFixture, sender: UserInfo, headers: Record<string, string>) {
  return fixture.access.authenticate(
    request({ user: sender, headers, path: '/api/v1/namespaces/default/pods' }),
  );
}

const ADMIN = someone('admin', 'system:masters');

test('acts as the user that the headers name', async () => {
  const fixture = accessFixture();

  assert.deepEqual(await acting(fixture, ADMIN, { 'impersonate-user': 'jane' }), {
    username: 'jane',
    groups: ['system:authenticated'],
  });
  assert.deepEqual(
    await acting(fixture, ADMIN, {
      'impersonate-user': 'jane',
      'impersonate-group': 'a, b',
      'impersonate-uid': '7',
      'impersonate-extra-acme%2ffoo': 'bar',
    }),
    {
      username: 'jane',
      uid: '7',
      groups: ['a', 'b', 'system:authenticated'],
      extra: { 'acme/foo': ['bar'] },
    },
  );
  const bot = { 'impersonate-user': 'system:serviceaccount:ops:bot' };
  assert.deepEqual((await acting(fixture, ADMIN, bot)).groups, [
    'system:serviceaccounts',
    'system:serviceaccounts:ops',
    'system:authenticated',
  ]);
  const nobody = { 'impersonate-user': 'system:anonymous' };
  assert.deepEqual((await acting(fixture, ADMIN, nobody)).groups, ['system:unauthenticated']);
});

test('refuses to act as someone without the permission', async () => {
  const fixture = accessFixture();
  const sender = someone('joe');

  const refusal = await refusalOf(acting(fixture, sender, { 'impersonate-user': 'jane' }));
  assert.equal(refusal.code, 403);
  assert.equal(
    refusal.message,
    'pods is forbidden: User "joe" cannot impersonate-on:user-info:list resource "pods" in API group "" in the namespace "default"',
  );
});

test('wants a permission for each user, group, uid and extra value', async () => {
  const fixture = accessFixture();
  put(
    fixture.store,
    role(
      'imp',
      undefined,
      { apiGroups: [''], resources: ['users'], resourceNames: ['jane'], verbs: ['impersonate'] },
      { apiGroups: [''], resources: ['groups'], resourceNames: ['a'], verbs: ['impersonate'] },
      {
        apiGroups: ['authentication.k8s.io'],
        resources: ['userextras/foo'],
        verbs: ['impersonate'],
      },
    ),
    binding('imp', undefined, 'ClusterRole/imp', user('joe')),
  );
  const sender = someone('joe');
  const jane = { 'impersonate-user': 'jane' };

  await acting(fixture, sender, {
    ...jane,
    'impersonate-group': 'a',
    'impersonate-extra-foo': '1',
  });
  const messages = [];
  for (const headers of [
    { ...jane, 'impersonate-group': 'b' },
    { ...jane, 'impersonate-uid': '7' },
    { ...jane, 'impersonate-extra-bar': 'x' },
  ]) {
    messages.push((await refusalOf(acting(fixture, sender, headers))).message);
  }
  assert.deepEqual(messages, [
    'groups "b" is forbidden: User "joe" cannot impersonate resource "groups" in API group "" at the cluster scope',
    'uids.authentication.k8s.io "7" is forbidden: User "joe" cannot impersonate resource "uids" in API group "authentication.k8s.io" at the cluster scope',
    'userextras.authentication.k8s.io "x" is forbidden: User "joe" cannot impersonate resource "userextras/bar" in API group "authentication.k8s.io" at the cluster scope',
  ]);
});

test('knows permissions to act as a service account for some requests only', async () => {
  const fixture = accessFixture();
  put(
    fixture.store,
    role(
      'imp',
      undefined,
      { apiGroups: [''], resources: ['pods'], verbs: ['impersonate-on:serviceaccount:list'] },
      {
        apiGroups: ['authentication.k8s.io'],
        resources: ['serviceaccounts'],
        verbs: ['impersonate:serviceaccount'],
      },
    ),
    binding('imp', undefined, 'ClusterRole/imp', account('ops', 'proxy')),
  );
  const sender = someone('system:serviceaccount:ops:proxy');
  const headers = { 'impersonate-user': 'system:serviceaccount:ops:bot' };

  const allowed = await acting(fixture, sender, headers);
  assert.equal(allowed.username, 'system:serviceaccount:ops:bot');
  const refusal = await refusalOf(
    fixture.access.authenticate(
      request({
        user: sender,
        headers,
        method: 'DELETE',
        path: '/api/v1/namespaces/default/pods/x',
      }),
    ),
  );
  assert.match(refusal.message, /cannot impersonate-on:serviceaccount:delete resource "pods"/);
});

test('refuses groups without a user', async () => {
  const fixture = accessFixture();
  const refusal = await refusalOf(acting(fixture, ADMIN, { 'impersonate-group': 'g1' }));

  assert.equal(refusal.code, 400);
  assert.equal(
    refusal.message,
    'requested &user.DefaultInfo{Name:"", UID:"", Groups:[]string{"g1"}, Extra:map[string][]string(nil)} without impersonating a user name',
  );
});
