import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import {
  ClusterRole,
  ConfigMap,
  isForbidden,
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
