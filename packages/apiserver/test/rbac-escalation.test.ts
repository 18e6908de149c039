import assert from 'node:assert/strict';
import { StatusError } from '@kubewright/apimachinery';
import test from 'node:test';
import type { JsonObject } from '../src/contracts.ts';
import {
  accessFixture,
  binding,
  put,
  rbacType,
  role,
  someone,
  user,
  type AccessFixture,
} from './access-fixture.ts';

const JANE = someone('jane');

function janeWith(...rules: JsonObject[]): AccessFixture {
  const fixture = accessFixture();
  put(fixture.store, role('hers', 'team', ...rules));
  put(fixture.store, binding('hers', 'team', 'Role/hers', user('jane')));
  return fixture;
}

function refusal(fixture: AccessFixture, object: JsonObject, old?: JsonObject, sender = JANE) {
  try {
    fixture.access.checkEscalation(sender, rbacType(String(object['kind'])), object, old);
  } catch (error) {
    assert.ok(error instanceof StatusError, String(error));
    return error.status;
  }
  return undefined;
}

const PODS = { apiGroups: [''], resources: ['pods'], verbs: ['get', 'list'] };

test('lets a user hand on rights that they have', () => {
  const fixture = janeWith(PODS);
  const part = role('part', 'team', { apiGroups: [''], resources: ['pods'], verbs: ['get'] });

  assert.equal(refusal(fixture, part), undefined);
  assert.equal(refusal(fixture, binding('b', 'team', 'Role/hers', user('bob'))), undefined);
});

test('refuses a role with rights that its writer does not have, and lists them', () => {
  const fixture = janeWith(PODS);
  const more = role('more', 'team', {
    apiGroups: [''],
    resources: ['pods', 'secrets'],
    verbs: ['delete', 'list', 'get'],
  });

  const status = refusal(fixture, more);

  assert.equal(status?.code, 403);
  assert.equal(
    status.message,
    'roles.rbac.authorization.k8s.io "more" is forbidden: user "jane" (groups=["system:authenticated"]) is attempting to grant RBAC permissions not currently held:\n' +
      '{APIGroups:[""], Resources:["pods"], Verbs:["delete"]}\n' +
      '{APIGroups:[""], Resources:["secrets"], Verbs:["delete" "list" "get"]}',
  );
  assert.deepEqual(status.details, {
    name: 'more',
    group: 'rbac.authorization.k8s.io',
    kind: 'roles',
  });
});

test('lists names and paths one by one', () => {
  const fixture = accessFixture();
  const status = refusal(
    fixture,
    role(
      'nr',
      undefined,
      { nonResourceURLs: ['/x', '/y*'], verbs: ['get', 'post'] },
      { apiGroups: [''], resources: ['pods'], resourceNames: ['a'], verbs: ['get'] },
      { apiGroups: [''], resources: ['pods'], resourceNames: ['a'], verbs: ['list'] },
    ),
  );

  assert.deepEqual(status?.message?.split('\n').slice(1), [
    '{APIGroups:[""], Resources:["pods"], ResourceNames:["a"], Verbs:["get" "list"]}',
    '{NonResourceURLs:["/x"], Verbs:["get"]}',
    '{NonResourceURLs:["/x"], Verbs:["post"]}',
    '{NonResourceURLs:["/y*"], Verbs:["get"]}',
    '{NonResourceURLs:["/y*"], Verbs:["post"]}',
  ]);
});

test('does not take a right to one name for a right to all', () => {
  const fixture = janeWith({ ...PODS, resourceNames: ['web'] });

  assert.notEqual(refusal(fixture, role('all', 'team', PODS)), undefined);
  assert.equal(
    refusal(fixture, role('one', 'team', { ...PODS, resourceNames: ['web'] })),
    undefined,
  );
});

test('does not let rights in one namespace be given in the whole cluster', () => {
  const fixture = janeWith(PODS);

  assert.notEqual(refusal(fixture, role('wide', undefined, PODS)), undefined);
});

test('takes a wildcard of the owner for all values, and asks a wildcard for a wildcard', () => {
  const fixture = janeWith({ apiGroups: ['*'], resources: ['*'], verbs: ['get'] });

  assert.equal(
    refusal(
      fixture,
      role('a', 'team', { apiGroups: ['apps'], resources: ['deployments/scale'], verbs: ['get'] }),
    ),
    undefined,
  );
  assert.notEqual(
    refusal(fixture, role('b', 'team', { apiGroups: ['apps'], resources: ['x'], verbs: ['*'] })),
    undefined,
  );
});

test('refuses a binding to a role with more rights than the writer has', () => {
  const fixture = janeWith(PODS);
  put(fixture.store, role('boss', undefined, { apiGroups: ['*'], resources: ['*'], verbs: ['*'] }));

  const status = refusal(fixture, binding('b', 'team', 'ClusterRole/boss', user('jane')));

  assert.match(
    status?.message ?? '',
    /\{APIGroups:\["\*"\], Resources:\["\*"\], Verbs:\["\*"\]\}$/,
  );
});

test('answers 404 for a binding to a role that does not exist', () => {
  const status = refusal(janeWith(PODS), binding('b', 'team', 'ClusterRole/nope', user('jane')));

  assert.equal(status?.code, 404);
  assert.equal(status.message, 'rolebindings.rbac.authorization.k8s.io "nope" not found');
});

test('honours the verbs bind and escalate, for the roles they name', () => {
  const fixture = janeWith(
    {
      apiGroups: ['rbac.authorization.k8s.io'],
      resources: ['clusterroles'],
      resourceNames: ['boss'],
      verbs: ['bind'],
    },
    {
      apiGroups: ['rbac.authorization.k8s.io'],
      resources: ['roles'],
      resourceNames: ['grow'],
      verbs: ['escalate'],
    },
  );
  const rule = { apiGroups: ['*'], resources: ['*'], verbs: ['*'] };
  put(fixture.store, role('boss', undefined, rule), role('other', undefined, rule));

  assert.equal(refusal(fixture, binding('b', 'team', 'ClusterRole/boss', user('x'))), undefined);
  assert.notEqual(
    refusal(fixture, binding('b', 'team', 'ClusterRole/other', user('x'))),
    undefined,
  );
  assert.equal(refusal(fixture, role('grow', 'team', rule)), undefined);
  assert.notEqual(refusal(fixture, role('stay', 'team', rule)), undefined);
});

test('lets a write pass that leaves the rights alone', () => {
  const fixture = janeWith(PODS);
  const old = role('boss', 'team', { apiGroups: ['*'], resources: ['*'], verbs: ['*'] });
  const labelled = { ...old, metadata: { ...old['metadata'], labels: { a: 'b' } } as JsonObject };

  assert.equal(refusal(fixture, labelled, old), undefined);
});

test('wants all rights for an aggregation rule', () => {
  const fixture = janeWith(PODS);
  const status = refusal(fixture, {
    ...role('agg', undefined),
    aggregationRule: { clusterRoleSelectors: [{ matchLabels: { a: 'b' } }] },
  });

  assert.equal(
    status?.message,
    'clusterroles.rbac.authorization.k8s.io "agg" is forbidden: must have cluster-admin privileges to use the aggregationRule',
  );
});

test('lets system:masters give any right', () => {
  const fixture = accessFixture();
  const rule = { apiGroups: ['*'], resources: ['*'], verbs: ['*'] };

  assert.equal(
    refusal(fixture, role('r', undefined, rule), undefined, someone('a', 'system:masters')),
    undefined,
  );
});
