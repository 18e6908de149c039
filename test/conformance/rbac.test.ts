import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import {
  ClusterRole,
  ConfigMap,
  isForbidden,
  Lease,
  Role,
  RoleBinding,
  SelfSubjectAccessReview,
  type PolicyRule,
} from '@kubewright/apimachinery';
import type { Client } from '@kubewright/client';
import { describeOnEachServer } from './on-each-server.ts';
import { refusalOf } from './refusal.ts';

describeOnEachServer('permissions', {}, (environment) => {
  let admin: Client;
  let namespace: string;
  let users = 0;

  before(async () => {
    admin = await environment().client();
    namespace = await environment().newNamespace();
  });

  /** A new user with these rules in the namespace, and nothing else. */
  async function userWith(rules: PolicyRule[]): Promise<{ name: string; client: Client }> {
    users += 1;
    const name = `${namespace}-user-${users}`;
    await admin.create(Role, { metadata: { name, namespace }, rules });
    await admin.create(RoleBinding, {
      metadata: { name, namespace },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name },
      subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name }],
    });
    const client = await environment().client({ user: name });
    await untilAllowed(client, rules);
    return { name, client };
  }
  /** A real server learns of a new binding a moment later; it is asked until it has. */
  async function untilAllowed(client: Client, rules: PolicyRule[]): Promise<void> {
    const [rule] = rules;
    for (let isAllowed = false; !isAllowed;) {
      const resource = rule?.resources?.[0]?.split('/');
      const review = await client.create(SelfSubjectAccessReview, {
        metadata: {},
        spec: {
          resourceAttributes: {
            namespace,
            verb: rule?.verbs[0] ?? '',
            group: rule?.apiGroups?.[0] ?? '',
            resource: resource?.[0] ?? '',
            ...(resource?.[1] === undefined ? {} : { subresource: resource[1] }),
            ...(rule?.resourceNames?.[0] === undefined ? {} : { name: rule.resourceNames[0] }),
          },
        },
      });
      isAllowed = review.status?.allowed === true;
    }
  }
  const configMaps = (verbs: string[], resourceNames?: string[]): PolicyRule => ({
    apiGroups: [''],
    resources: ['configmaps'],
    verbs,
    ...(resourceNames === undefined ? {} : { resourceNames }),
  });

  test('allows the verbs of a role and no others, and says who may not do what where', async () => {
    const { name, client } = await userWith([configMaps(['get', 'list'])]);
    assert.ok(await client.list(ConfigMap, { namespace }));
    const error = await refusalOf(
      client.create(ConfigMap, { metadata: { name: 'refused', namespace } }),
    );
    assert.ok(isForbidden(error));
    assert.equal(
      error.status.message,
      `configmaps is forbidden: User "${name}" cannot create resource "configmaps" in API group "" in the namespace "${namespace}"`,
    );
  });

  test('allows nothing in other namespaces, nor in all of them', async () => {
    const { name, client } = await userWith([configMaps(['list'])]);
    const error = await refusalOf(client.list(ConfigMap));
    assert.equal(
      error.status.message,
      `configmaps is forbidden: User "${name}" cannot list resource "configmaps" in API group "" at the cluster scope`,
    );
    assert.ok(isForbidden(await refusalOf(client.list(ConfigMap, { namespace: 'default' }))));
  });

  test('allows only the objects that a rule names', async () => {
    const { client } = await userWith([configMaps(['get'], ['mine'])]);
    await admin.create(ConfigMap, { metadata: { name: 'mine', namespace } });
    assert.ok(await client.get(ConfigMap, { namespace, name: 'mine' }));
    assert.ok(isForbidden(await refusalOf(client.get(ConfigMap, { namespace, name: 'other' }))));
    assert.ok(isForbidden(await refusalOf(client.list(ConfigMap, { namespace }))));
  });

  test('allows to list and watch the one object that a rule names, when it is selected by name', async () => {
    const { client } = await userWith([configMaps(['list', 'watch'], ['watched'])]);
    await admin.create(ConfigMap, { metadata: { name: 'watched', namespace } });
    const fieldSelector = 'metadata.name=watched';
    const { items, metadata } = await client.list(ConfigMap, { namespace, fieldSelector });
    assert.deepEqual(
      items.map((each) => each.metadata.name),
      ['watched'],
    );
    await admin.create(ConfigMap, { metadata: { name: 'unwatched', namespace } });
    await admin.delete(ConfigMap, { namespace, name: 'watched' });
    const { resourceVersion } = metadata;
    for await (const { type, object } of client.watch(ConfigMap, {
      namespace,
      fieldSelector,
      resourceVersion,
    })) {
      assert.equal(type, 'DELETED');
      assert.equal(object.metadata.name, 'watched');
      break;
    }
    for (const other of ['metadata.name=unwatched', 'metadata.name!=watched']) {
      const error = await refusalOf(client.list(ConfigMap, { namespace, fieldSelector: other }));
      assert.ok(isForbidden(error));
    }
  });

  test('takes an apply that creates for a creation too, by the name of the object', async () => {
    const name = 'applied';
    const of = (each: string) => ({ metadata: { name: each, namespace }, data: { by: 'apply' } });
    const options = { fieldManager: 'conformance' };
    const { name: user, client: patcher } = await userWith([configMaps(['patch'])]);
    const error = await refusalOf(patcher.apply(ConfigMap, of(name), options));
    assert.ok(isForbidden(error));
    assert.equal(
      error.status.message,
      `configmaps "${name}" is forbidden: User "${user}" cannot create resource "configmaps" in API group "" in the namespace "${namespace}"`,
    );
    assert.deepEqual(error.status.details, { name, kind: 'configmaps' });

    const { client } = await userWith([configMaps(['create', 'patch'], [name])]);
    assert.deepEqual((await client.apply(ConfigMap, of(name), options)).data, { by: 'apply' });
    // A creation by POST does not tell the name to the authorizer.
    assert.ok(isForbidden(await refusalOf(client.create(ConfigMap, of('posted')))));
    assert.ok(isForbidden(await refusalOf(client.apply(ConfigMap, of('another'), options))));
    // What is there needs no creation.
    assert.ok(await patcher.apply(ConfigMap, of(name), options));
  });

  test('takes a replacement that creates for a creation too', async () => {
    const leases = (verbs: string[], resourceNames: string[]): PolicyRule => ({
      apiGroups: ['coordination.k8s.io'],
      resources: ['leases'],
      verbs,
      resourceNames,
    });
    const lease = { metadata: { name: 'replaced', namespace }, spec: { holderIdentity: 'me' } };
    const { name: user, client: updater } = await userWith([leases(['update'], ['replaced'])]);
    const error = await refusalOf(updater.update(Lease, lease));
    assert.ok(isForbidden(error));
    assert.equal(
      error.status.message,
      `leases.coordination.k8s.io "replaced" is forbidden: User "${user}" cannot create resource "leases" in API group "coordination.k8s.io" in the namespace "${namespace}"`,
    );
    const { client } = await userWith([leases(['update', 'create'], ['replaced'])]);
    assert.equal((await client.update(Lease, lease)).spec?.holderIdentity, 'me');
  });

  test('does not tell whether a thing exists to who may not see it', async () => {
    const { client } = await userWith([configMaps(['list'])]);
    await admin.create(ConfigMap, { metadata: { name: 'there', namespace } });
    const [there, absent] = [
      await refusalOf(client.get(ConfigMap, { namespace, name: 'there' })),
      await refusalOf(client.get(ConfigMap, { namespace, name: 'not-there' })),
    ];
    assert.equal(
      there.status.message?.replace('there', 'X'),
      absent.status.message?.replace('not-there', 'X'),
    );
  });

  test('lets nobody give away more than they have', async () => {
    const { client } = await userWith([
      { apiGroups: ['rbac.authorization.k8s.io'], resources: ['roles'], verbs: ['create'] },
      configMaps(['get']),
    ]);
    const allowed: Role = { metadata: { name: 'within', namespace }, rules: [configMaps(['get'])] };
    assert.ok(await client.create(Role, allowed));
    const error = await refusalOf(
      client.create(Role, {
        metadata: { name: 'beyond', namespace },
        rules: [configMaps(['delete'])],
      }),
    );
    assert.ok(isForbidden(error));
    assert.match(
      error.message,
      /is attempting to grant RBAC permissions not currently held:\n\{APIGroups:\[""\], Resources:\["configmaps"\], Verbs:\["delete"\]\}/,
    );
  });

  test('refuses to change the role of a binding', async () => {
    const { name } = await userWith([configMaps(['get'])]);
    const error = await refusalOf(
      admin.patch(
        RoleBinding,
        { namespace, name },
        { type: 'merge', body: { roleRef: { name: 'another' } } },
      ),
    );
    assert.match(error.message, /roleRef: Invalid value: .*: cannot change roleRef/);
  });

  test('has the roles for users that every cluster has', async () => {
    for (const name of ['cluster-admin', 'admin', 'edit', 'view']) {
      const { metadata } = await admin.get(ClusterRole, { name });
      assert.equal(metadata.labels?.['kubernetes.io/bootstrapping'], 'rbac-defaults');
    }
  });
});
