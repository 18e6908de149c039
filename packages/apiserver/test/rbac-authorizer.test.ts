import assert from 'node:assert/strict';
import test from 'node:test';
import {
  account,
  accessFixture,
  attributes,
  binding,
  group,
  put,
  role,
  someone,
  user,
  type AccessFixture,
} from './access-fixture.ts';

const JANE = someone('jane', 'team');

function allows({ access }: AccessFixture, text: string, sender = JANE): boolean {
  return access.authorize(attributes(sender, text)).allowed;
}

function withRole(...rules: Parameters<typeof role>[2][]): AccessFixture {
  const fixture = accessFixture();
  put(fixture.store, role('r', 'default', ...rules));
  put(fixture.store, binding('b', 'default', 'Role/r', user('jane')));
  return fixture;
}

test('denies what no binding gives', () => {
  const fixture = accessFixture();

  assert.deepEqual(fixture.access.authorize(attributes(JANE, 'list pods in default')), {
    allowed: false,
    reason: '',
  });
});

test('allows what a role gives, in its namespace only, and says why', () => {
  const fixture = withRole({ apiGroups: [''], resources: ['pods'], verbs: ['get', 'list'] });

  assert.deepEqual(fixture.access.authorize(attributes(JANE, 'list pods in default')), {
    allowed: true,
    reason: 'RBAC: allowed by RoleBinding "b/default" of Role "r" to User "jane"',
  });
  assert.equal(allows(fixture, 'list pods in other'), false);
  assert.equal(allows(fixture, 'list pods'), false);
});

test('tells verbs, groups, resources and subresources apart', () => {
  const fixture = withRole({ apiGroups: ['apps'], resources: ['deployments'], verbs: ['list'] });

  assert.equal(allows(fixture, 'list deployments.apps in default'), true);
  assert.equal(allows(fixture, 'watch deployments.apps in default'), false);
  assert.equal(allows(fixture, 'list deployments in default'), false);
  assert.equal(allows(fixture, 'list replicasets.apps in default'), false);
  assert.equal(allows(fixture, 'list deployments.apps/scale in default'), false);
});

test('tells delete from deletecollection', () => {
  const fixture = withRole({ apiGroups: [''], resources: ['pods'], verbs: ['delete'] });

  assert.equal(allows(fixture, 'delete pods web in default'), true);
  assert.equal(allows(fixture, 'deletecollection pods in default'), false);
});

test('takes wildcards in verbs, groups, resources and before a subresource', () => {
  const fixture = withRole(
    { apiGroups: ['*'], resources: ['jobs'], verbs: ['get'] },
    { apiGroups: ['apps'], resources: ['*'], verbs: ['*'] },
    { apiGroups: [''], resources: ['*/scale'], verbs: ['update'] },
  );

  assert.equal(allows(fixture, 'get jobs.batch x in default'), true);
  assert.equal(allows(fixture, 'escalate statefulsets.apps/status x in default'), true);
  assert.equal(allows(fixture, 'update replicationcontrollers/scale x in default'), true);
  assert.equal(allows(fixture, 'update replicationcontrollers x in default'), false);
});

test('limits a rule with names to these names', () => {
  const fixture = withRole({
    apiGroups: [''],
    resources: ['configmaps'],
    resourceNames: ['settings'],
    verbs: ['*'],
  });

  assert.equal(allows(fixture, 'get configmaps settings in default'), true);
  assert.equal(allows(fixture, 'get configmaps other in default'), false);
  assert.equal(allows(fixture, 'list configmaps in default'), false);
  assert.equal(allows(fixture, 'create configmaps in default'), false);
});

test('takes paths from ClusterRoles that are bound in the whole cluster', () => {
  const fixture = accessFixture();
  put(
    fixture.store,
    role('paths', undefined, { nonResourceURLs: ['/metrics', '/healthz/*'], verbs: ['get'] }),
    binding('paths', undefined, 'ClusterRole/paths', group('team')),
  );

  assert.equal(allows(fixture, 'get /metrics'), true);
  assert.equal(allows(fixture, 'get /healthz/etcd'), true);
  assert.equal(allows(fixture, 'post /metrics'), false);
  assert.equal(allows(fixture, 'get /metrics/slis'), false);
  assert.equal(allows(fixture, 'get metrics'), false);
});

test('gives a ClusterRole for one namespace by a RoleBinding, everywhere by a ClusterRoleBinding', () => {
  const fixture = accessFixture();
  const rule = { apiGroups: [''], resources: ['pods'], verbs: ['list'] };
  put(
    fixture.store,
    role('reader', undefined, rule),
    binding('one', 'default', 'ClusterRole/reader', user('jane')),
    binding('all', undefined, 'ClusterRole/reader', user('joe')),
  );

  assert.equal(allows(fixture, 'list pods in default'), true);
  assert.equal(allows(fixture, 'list pods'), false);
  assert.equal(allows(fixture, 'list pods in other', someone('joe')), true);
  assert.equal(allows(fixture, 'list pods', someone('joe')), true);
});

test('recognizes a service account by its user name', () => {
  const fixture = accessFixture();
  const rule = { apiGroups: [''], resources: ['pods'], verbs: ['list'] };
  put(
    fixture.store,
    role('reader', undefined, rule),
    binding('b', undefined, 'ClusterRole/reader', account('ops', 'bot')),
  );

  assert.equal(allows(fixture, 'list pods', someone('system:serviceaccount:ops:bot')), true);
  assert.equal(allows(fixture, 'list pods', someone('system:serviceaccount:dev:bot')), false);
  assert.equal(allows(fixture, 'list pods', someone('bot')), false);
});

test('follows roles and bindings as they come, change and go', () => {
  const fixture = withRole({ apiGroups: [''], resources: ['pods'], verbs: ['list'] });
  const { store } = fixture;
  assert.equal(allows(fixture, 'list pods in default'), true);

  put(store, role('r', 'default', { apiGroups: [''], resources: ['pods'], verbs: ['get'] }));
  assert.equal(allows(fixture, 'list pods in default'), false);
  assert.equal(allows(fixture, 'get pods x in default'), true);

  put(store, binding('b', 'default', 'Role/r', user('joe')));
  assert.equal(allows(fixture, 'get pods x in default'), false);
  assert.equal(allows(fixture, 'get pods x in default', someone('joe')), true);

  store.remove('rolebindings.rbac.authorization.k8s.io', 'default', 'b');
  assert.equal(allows(fixture, 'get pods x in default', someone('joe')), false);
});

test('finds roles and bindings that were there before it', () => {
  const { store, clock } = withRole({ apiGroups: [''], resources: ['pods'], verbs: ['list'] });

  const later = accessFixture({ store, clock });

  assert.equal(allows(later, 'list pods in default'), true);
});

test('names a role that is missing, unless another binding allows', () => {
  const fixture = accessFixture();
  put(fixture.store, binding('a', 'default', 'ClusterRole/nope', user('jane')));

  assert.deepEqual(fixture.access.authorize(attributes(JANE, 'list pods in default')), {
    allowed: false,
    reason: 'RBAC: clusterrole.rbac.authorization.k8s.io "nope" not found',
  });

  put(
    fixture.store,
    role('r', 'default', { apiGroups: [''], resources: ['pods'], verbs: ['list'] }),
    binding('b', 'default', 'Role/r', user('jane')),
  );
  assert.equal(allows(fixture, 'list pods in default'), true);
});

test('lets system:masters do everything, also without any role', () => {
  const fixture = accessFixture();
  const admin = someone('admin', 'system:masters');

  assert.equal(allows(fixture, 'delete secrets x in kube-system', admin), true);
  assert.equal(allows(fixture, 'get /anything', admin), true);
});

test('allows everything to everyone when authorization is off', () => {
  const fixture = accessFixture({ mode: 'always-allow' });

  assert.equal(allows(fixture, 'delete secrets x in kube-system'), true);
});

test('gives the usual users of a fresh cluster their rights', () => {
  const fixture = accessFixture();
  put(fixture.store, ...fixture.access.bootstrapObjects());
  put(fixture.store, binding('v', 'default', 'ClusterRole/view', user('viewer')));
  put(fixture.store, binding('e', 'default', 'ClusterRole/edit', user('editor')));
  put(fixture.store, binding('a', 'default', 'ClusterRole/admin', user('owner')));
  const anonymous = { username: 'system:anonymous', groups: ['system:unauthenticated'] };
  const viewer = someone('viewer');
  const editor = someone('editor');
  const owner = someone('owner');

  assert.equal(allows(fixture, 'get /version', anonymous), true);
  assert.equal(allows(fixture, 'get /apis', anonymous), false);
  assert.equal(allows(fixture, 'get /apis/apps/v1'), true);
  assert.equal(allows(fixture, 'create selfsubjectreviews.authentication.k8s.io'), true);
  assert.equal(allows(fixture, 'list pods in default', viewer), true);
  assert.equal(allows(fixture, 'list secrets in default', viewer), false);
  assert.equal(allows(fixture, 'create deployments.apps in default', viewer), false);
  assert.equal(allows(fixture, 'create deployments.apps in default', editor), true);
  assert.equal(allows(fixture, 'list pods in default', editor), true);
  assert.equal(
    allows(fixture, 'create rolebindings.rbac.authorization.k8s.io in default', editor),
    false,
  );
  assert.equal(
    allows(fixture, 'create rolebindings.rbac.authorization.k8s.io in default', owner),
    true,
  );
});

test('gathers the rules of aggregated roles when a role joins or leaves', async () => {
  const fixture = accessFixture();
  const { store } = fixture;
  put(store, ...fixture.access.bootstrapObjects());
  put(store, binding('v', 'default', 'ClusterRole/admin', user('jane')));
  const custom = role('custom', undefined, {
    apiGroups: ['example.com'],
    resources: ['widgets'],
    verbs: ['list'],
  });
  custom['metadata'] = {
    name: 'custom',
    labels: { 'rbac.authorization.k8s.io/aggregate-to-view': 'true' },
  };
  put(store, custom);
  await new Promise((resolve) => setImmediate(resolve));

  // view → edit → admin
  assert.equal(allows(fixture, 'list widgets.example.com in default'), true);

  store.remove('clusterroles.rbac.authorization.k8s.io', undefined, 'custom');
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(allows(fixture, 'list widgets.example.com in default'), false);
  assert.equal(allows(fixture, 'list pods in default'), true);
});

test('comes to rest when aggregated roles gather from each other', async () => {
  const fixture = accessFixture();
  const { store } = fixture;
  const circular = (name: string, other: string, verb: string) => [
    {
      ...role(name, undefined),
      metadata: { name, labels: { [other]: 'yes' } },
      aggregationRule: { clusterRoleSelectors: [{ matchLabels: { [name]: 'yes' } }] },
    },
    {
      ...role(`${name}-source`, undefined, {
        apiGroups: [''],
        resources: ['pods'],
        verbs: [verb],
      }),
      metadata: { name: `${name}-source`, labels: { [name]: 'yes' } },
    },
  ];
  put(store, ...circular('one', 'two', 'get'), ...circular('two', 'one', 'list'));
  put(store, binding('b', undefined, 'ClusterRole/one', user('jane')));
  await new Promise((resolve) => setImmediate(resolve));
  const revision = store.revision;
  await new Promise((resolve) => setImmediate(resolve));

  assert.equal(store.revision, revision);
  assert.equal(allows(fixture, 'get pods x in default'), true);
  assert.equal(allows(fixture, 'list pods'), true);
});

test('decides at the same cost however many other bindings there are', () => {
  const fixture = withRole({ apiGroups: [''], resources: ['pods'], verbs: ['list'] });
  let reads = 0;
  for (let index = 0; index < 500; index += 1) {
    put(fixture.store, binding(`other-${index}`, 'default', 'Role/r', user(`user-${index}`)));
  }
  const counting = new Proxy(attributes(JANE, 'list pods in default'), {
    get(target, key) {
      reads += 1;
      return Reflect.get(target, key) as unknown;
    },
  });

  assert.equal(fixture.access.authorize(counting).allowed, true);
  assert.ok(reads < 50, `looked ${reads} times at the request`);
});
