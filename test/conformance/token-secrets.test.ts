import assert from 'node:assert/strict';
import { before, beforeEach, test } from 'node:test';
import { Secret, ServiceAccount, TokenReview, type Stored } from '@kubewright/apimachinery';
import type { Client } from '@kubewright/client';
import { describeOnEachServer } from './on-each-server.ts';
import { untilAnswer } from './until-answer.ts';
import { untilGone, untilObject } from './until-object.ts';

const type = 'kubernetes.io/service-account-token';
const accountNameKey = 'kubernetes.io/service-account.name';
const accountUidKey = 'kubernetes.io/service-account.uid';

describeOnEachServer('tokens in Secrets', { controllers: true }, (environment) => {
  let client: Client;
  let namespace: string;
  let account: Stored<ServiceAccount>;

  before(async () => {
    client = await environment().client();
  });
  beforeEach(async () => {
    namespace = await environment().newNamespace();
    account = await client.create(ServiceAccount, { metadata: { namespace, name: 'robot' } });
  });

  const ref = (name: string) => ({ namespace, name });
  const make = (
    name: string,
    annotations: Record<string, string> = { [accountNameKey]: 'robot' },
  ): Promise<Stored<Secret>> =>
    client.create(Secret, { metadata: { ...ref(name), annotations }, type });
  const text = (secret: Stored<Secret>, key: string): string =>
    Buffer.from(secret.data?.[key] ?? '', 'base64').toString();
  const untilFilled = (name: string): Promise<Stored<Secret>> =>
    untilObject(client, Secret, ref(name), ({ data }) => (data?.['token'] ?? '') !== '');
  const change = (name: string, body: object): Promise<Stored<Secret>> =>
    client.patch(Secret, ref(name), { type: 'merge', body });
  /** What the server says of a token. */
  const review = async (token: string): Promise<NonNullable<TokenReview['status']>> => {
    const answer = await client.create(TokenReview, { metadata: {}, spec: { token } });
    return answer.status ?? {};
  };
  const untilRefused = async (token: string, problem: string): Promise<void> => {
    const wanted = { user: {}, error: `[invalid bearer token, ${problem}]` };
    await untilAnswer(
      () => review(token),
      (status) => status.authenticated !== true,
    );
    assert.deepEqual(await review(token), wanted);
  };

  test('stand for their account, without an end', async () => {
    await make('own');
    const secret = await untilFilled('own');
    const { uid } = account.metadata;
    assert.equal(secret.metadata.annotations?.[accountUidKey], uid);
    assert.equal(text(secret, 'namespace'), namespace);
    assert.match(text(secret, 'ca.crt'), /^-----BEGIN CERTIFICATE-----/);
    const token = text(secret, 'token');
    const claims: unknown = JSON.parse(
      Buffer.from(token.split('.')[1] ?? '', 'base64url').toString(),
    );
    assert.deepEqual(claims, {
      iss: 'kubernetes/serviceaccount',
      'kubernetes.io/serviceaccount/namespace': namespace,
      'kubernetes.io/serviceaccount/secret.name': 'own',
      'kubernetes.io/serviceaccount/service-account.name': 'robot',
      'kubernetes.io/serviceaccount/service-account.uid': uid,
      sub: `system:serviceaccount:${namespace}:robot`,
    });
    const { authenticated, user } = await review(token);
    assert.deepEqual(
      { authenticated, user },
      {
        authenticated: true,
        user: {
          username: `system:serviceaccount:${namespace}:robot`,
          uid,
          groups: [
            'system:serviceaccounts',
            `system:serviceaccounts:${namespace}`,
            'system:authenticated',
          ],
        },
      },
    );
    const label = 'kubernetes.io/legacy-token-last-used';
    const used = await untilObject(
      client,
      Secret,
      ref('own'),
      ({ metadata }) => metadata.labels?.[label] !== undefined,
    );
    assert.match(used.metadata.labels?.[label] ?? '', /^\d{4}-\d\d-\d\d$/);
  });

  test('count as long as their Secret holds them, and is not marked', async () => {
    await make('held');
    const token = text(await untilFilled('held'), 'token');
    const label = 'kubernetes.io/legacy-token-invalid-since';
    await change('held', { metadata: { labels: { [label]: '2026-01-01' } } });
    await untilRefused(
      token,
      `the token in secret ${namespace}/held for service account ${namespace}/robot has been marked invalid. Use tokens from the TokenRequest API or manually created secret-based tokens, or remove the '${label}' label from the secret to temporarily allow use of this token`,
    );
    await change('held', { metadata: { labels: { [label]: null } } });
    await change('held', { data: { token: null } });
    const anew = text(await untilFilled('held'), 'token');
    assert.notEqual(anew, token);
    await untilRefused(token, "Token does not match server's copy");
    await client.delete(Secret, ref('held'));
    await untilRefused(anew, 'Token has been invalidated');
  });

  test('are kept as they are, and their certificates as they should be', async () => {
    await make('kept');
    const { data } = await untilFilled('kept');
    const other = Buffer.from('other').toString('base64');
    await change('kept', {
      data: { 'ca.crt': other, namespace: other, token: other, more: other },
    });
    const mended = await untilObject(
      client,
      Secret,
      ref('kept'),
      (secret) => secret.data?.['ca.crt'] === data?.['ca.crt'],
    );
    assert.deepEqual(mended.data, { ...data, namespace: other, token: other, more: other });
  });

  test('go with their account, and when it is another one', async () => {
    await make('first');
    const token = text(await untilFilled('first'), 'token');
    await client.delete(ServiceAccount, ref('robot'));
    await untilGone(client, Secret, ref('first'));
    await untilRefused(token, 'Token has been invalidated');
    await client.create(ServiceAccount, { metadata: ref('robot') });
    const wrong = { [accountNameKey]: 'robot', [accountUidKey]: account.metadata.uid };
    await make('second', wrong);
    await untilGone(client, Secret, ref('second'));
  });

  test('are not made for nobody', async () => {
    await make('lost', { [accountNameKey]: 'nobody' });
    await untilGone(client, Secret, ref('lost'));
  });
});
