import assert from 'node:assert/strict';
import { StatusError } from '@kubewright/apimachinery';
import test from 'node:test';
import type { JsonObject, UserInfo } from '../src/contracts.ts';
import {
  accessFixture,
  binding,
  put,
  role,
  someone,
  user,
  type AccessFixture,
} from './access-fixture.ts';

const JANE = someone('jane');

function fixtureOfJane(): AccessFixture {
  const fixture = accessFixture();
  put(
    fixture.store,
    role(
      'r',
      'team',
      { apiGroups: [''], resources: ['pods'], verbs: ['get'] },
      { apiGroups: [''], resources: ['configmaps'], resourceNames: ['a'], verbs: ['get'] },
    ),
    role('paths', undefined, { nonResourceURLs: ['/metrics'], verbs: ['get'] }),
    binding('b', 'team', 'Role/r', user('jane')),
    binding('paths', undefined, 'ClusterRole/paths', user('jane')),
  );
  return fixture;
}

async function ask(
  fixture: AccessFixture,
  plural: string,
  body: JsonObject,
  options: { user?: UserInfo; namespace?: string } = {},
): Promise<JsonObject> {
  const resource = fixture.access.virtualResources.get(`${plural}.authorization.k8s.io`);
  assert.ok(resource);
  try {
    const answer = await resource.create(body, {
      user: options.user ?? JANE,
      namespace: options.namespace,
    });
    return answer['status'] as JsonObject;
  } catch (error) {
    assert.ok(error instanceof StatusError, String(error));
    return { code: error.code, message: error.message };
  }
}

const GET_PODS = { namespace: 'team', verb: 'get', resource: 'pods' };

test('answers what the sender may do', async () => {
  const fixture = fixtureOfJane();
  const self = (spec: JsonObject) => ask(fixture, 'selfsubjectaccessreviews', { spec });

  assert.deepEqual(await self({ resourceAttributes: GET_PODS }), {
    allowed: true,
    reason: 'RBAC: allowed by RoleBinding "b/team" of Role "r" to User "jane"',
  });
  assert.deepEqual(await self({ resourceAttributes: { ...GET_PODS, verb: 'list' } }), {
    allowed: false,
  });
  assert.equal(
    (await self({ nonResourceAttributes: { path: '/metrics', verb: 'get' } }))['allowed'],
    true,
  );
});

test('answers what someone else may do', async () => {
  const fixture = fixtureOfJane();
  const admin = someone('admin', 'system:masters');
  const review = (spec: JsonObject) =>
    ask(fixture, 'subjectaccessreviews', { spec }, { user: admin });

  assert.equal((await review({ user: 'jane', resourceAttributes: GET_PODS }))['allowed'], true);
  assert.equal((await review({ user: 'joe', resourceAttributes: GET_PODS }))['allowed'], false);
  assert.deepEqual(
    await review({
      groups: ['system:masters'],
      nonResourceAttributes: { path: '/x', verb: 'get' },
    }),
    { allowed: true },
  );
});

test('refuses reviews that ask nothing or too much, as the real server words it', async () => {
  const fixture = fixtureOfJane();
  const problem = async (plural: string, body: JsonObject, namespace?: string) => {
    const answer = await ask(fixture, plural, body, namespace === undefined ? {} : { namespace });
    return String(answer['message']).replace('.authorization.k8s.io "" is invalid: ', '');
  };

  assert.equal(
    await problem('selfsubjectaccessreviews', { spec: {} }),
    'spec.resourceAttributes: Invalid value: null: exactly one of nonResourceAttributes or resourceAttributes must be specified',
  );
  assert.equal(
    await problem('selfsubjectaccessreviews', {
      spec: { nonResourceAttributes: { path: '/z' }, resourceAttributes: {} },
    }),
    'spec.nonResourceAttributes: Invalid value: {"Path":"/z","Verb":""}: cannot be specified in combination with resourceAttributes',
  );
  assert.equal(
    await problem('subjectaccessreviews', { spec: { resourceAttributes: GET_PODS } }),
    'spec.user: Invalid value: "": at least one of user or group must be specified',
  );
  assert.equal(
    await problem(
      'localsubjectaccessreviews',
      { spec: { user: 'jane', resourceAttributes: { verb: 'get', resource: 'pods' } } },
      'team',
    ),
    'spec.resourceAttributes.namespace: Invalid value: "": must match metadata.namespace',
  );
  assert.equal(
    await problem(
      'localsubjectaccessreviews',
      { metadata: { namespace: 'x' }, spec: { user: 'jane', resourceAttributes: GET_PODS } },
      'team',
    ),
    'the namespace of the provided object does not match the namespace sent on the request',
  );
  assert.equal(
    await problem(
      'localsubjectaccessreviews',
      { spec: { user: 'jane', nonResourceAttributes: { path: '/a', verb: 'get' } } },
      'team',
    ),
    'spec.nonResourceAttributes: Invalid value: {"Path":"/a","Verb":"get"}: disallowed on this kind of request',
  );
});

test('answers within one namespace', async () => {
  const answer = await ask(
    fixtureOfJane(),
    'localsubjectaccessreviews',
    { spec: { user: 'jane', resourceAttributes: GET_PODS } },
    { namespace: 'team' },
  );

  assert.equal(answer['allowed'], true);
});

test('lists all rules of the sender in a namespace', async () => {
  const fixture = fixtureOfJane();

  assert.deepEqual(await ask(fixture, 'selfsubjectrulesreviews', { spec: { namespace: 'team' } }), {
    resourceRules: [
      { verbs: ['get'], apiGroups: [''], resources: ['pods'] },
      { verbs: ['get'], apiGroups: [''], resources: ['configmaps'], resourceNames: ['a'] },
    ],
    nonResourceRules: [{ verbs: ['get'], nonResourceURLs: ['/metrics'] }],
    incomplete: false,
  });
  assert.deepEqual(await ask(fixture, 'selfsubjectrulesreviews', { spec: {} }), {
    code: 400,
    message: 'no namespace on request',
  });
});

test('says when roles are missing from the list', async () => {
  const fixture = fixtureOfJane();
  put(fixture.store, binding('gone', 'team', 'Role/gone', user('jane')));

  const answer = await ask(fixture, 'selfsubjectrulesreviews', { spec: { namespace: 'team' } });

  assert.equal(answer['incomplete'], true);
  assert.equal(answer['evaluationError'], 'role.rbac.authorization.k8s.io "gone" not found');
});
