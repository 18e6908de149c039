import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Deployment, Lease, Pod, type PolicyRule } from '@kubewright/apimachinery';
import fc from 'fast-check';
import { deriveRole, permission } from '../src/index.ts';

const rulesOf = (...rules: PolicyRule[]) => deriveRole({ name: 'r', rules }).rules;

/** What rules grant, one line per verb, group, resource and name. */
function grantsOf(rules: readonly PolicyRule[]): Set<string> {
  const grants = rules.flatMap((rule) =>
    (rule.apiGroups ?? []).flatMap((group) =>
      (rule.resources ?? []).flatMap((resource) =>
        rule.verbs.flatMap((verb) =>
          (rule.resourceNames ?? ['(any)']).map((name) => `${verb} ${group}/${resource} ${name}`),
        ),
      ),
    ),
  );
  return new Set(
    // A grant for any name holds for each name.
    grants.filter((grant) => {
      const any = grant.replace(/ [^ ]+$/, ' (any)');
      return grant === any || !grants.includes(any);
    }),
  );
}

const words = (...choices: string[]) =>
  fc.uniqueArray(fc.constantFrom(...choices), { minLength: 1, maxLength: 3 });
const rule: fc.Arbitrary<PolicyRule> = fc.record(
  {
    apiGroups: words('', 'apps', 'batch'),
    resources: words('pods', 'pods/log', 'jobs'),
    verbs: words('get', 'list', 'update', 'patch'),
    resourceNames: words('a', 'b', 'c'),
  },
  { requiredKeys: ['apiGroups', 'resources', 'verbs'], noNullPrototype: true },
);

describe('a derived role', () => {
  test('grants what the rules grant, and nothing more', () => {
    fc.assert(
      fc.property(fc.array(rule, { maxLength: 6 }), (rules) => {
        assert.deepEqual(
          [...grantsOf(rulesOf(...rules) ?? [])].sort(),
          [...grantsOf(rules)].sort(),
        );
      }),
      { numRuns: 500 },
    );
  });

  test('is the same in whatever order, and derived again', () => {
    fc.assert(
      fc.property(fc.array(rule, { maxLength: 6 }), (rules) => {
        const role = rulesOf(...rules);
        assert.deepEqual(rulesOf(...rules.toReversed()), role);
        assert.deepEqual(rulesOf(...(role ?? [])), role);
      }),
    );
  });

  test('is a Role in a namespace and a ClusterRole without', () => {
    const rules = [permission(Pod, ['get'])];
    assert.deepEqual(deriveRole({ name: 'r', namespace: 'n', labels: { a: 'b' }, rules }), {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'Role',
      metadata: { name: 'r', namespace: 'n', labels: { a: 'b' } },
      rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['get'] }],
    });
    assert.equal(deriveRole({ name: 'r', rules }).kind, 'ClusterRole');
  });

  test('joins verbs and the resources of a group, never groups', () => {
    assert.deepEqual(
      rulesOf(
        permission(Deployment, ['get']),
        permission(Pod, ['watch', 'list']),
        permission(Pod, ['get']),
        permission(Pod, ['get'], { subresource: 'log' }),
        permission(Lease, ['get']),
      ),
      [
        { apiGroups: [''], resources: ['pods'], verbs: ['get', 'list', 'watch'] },
        { apiGroups: [''], resources: ['pods/log'], verbs: ['get'] },
        { apiGroups: ['apps'], resources: ['deployments'], verbs: ['get'] },
        { apiGroups: ['coordination.k8s.io'], resources: ['leases'], verbs: ['get'] },
      ],
    );
  });

  test('drops by name what is granted for any name', () => {
    assert.deepEqual(
      rulesOf(
        permission(Lease, ['get', 'update'], { names: ['a'] }),
        permission(Lease, ['get', 'update'], { names: ['b'] }),
        permission(Lease, ['get']),
      ),
      [
        { apiGroups: ['coordination.k8s.io'], resources: ['leases'], verbs: ['get'] },
        {
          apiGroups: ['coordination.k8s.io'],
          resources: ['leases'],
          resourceNames: ['a', 'b'],
          verbs: ['update'],
        },
      ],
    );
  });

  test('takes URLs into a ClusterRole only', () => {
    const rules = [{ nonResourceURLs: ['/metrics'], verbs: ['get'] }];
    assert.deepEqual(deriveRole({ name: 'r', rules }).rules, rules);
    assert.throws(() => deriveRole({ name: 'r', namespace: 'n', rules }), { code: 'INVALID_RULE' });
  });

  for (const [name, wild] of [
    ['group', { apiGroups: ['*'], resources: ['pods'], verbs: ['get'] }],
    ['resource', { apiGroups: [''], resources: ['*'], verbs: ['get'] }],
    ['subresource', { apiGroups: [''], resources: ['pods/*'], verbs: ['get'] }],
    ['verb', { apiGroups: [''], resources: ['pods'], verbs: ['*'] }],
    ['URL', { nonResourceURLs: ['/healthz/*'], verbs: ['get'] }],
  ] as [string, PolicyRule][]) {
    test(`refuses any ${name}`, () => {
      assert.throws(() => rulesOf(wild), { name: 'RoleError', code: 'WILDCARD' });
    });
  }

  test('refuses any verb at compile time', () => {
    // @ts-expect-error -- "*" is no verb
    assert.throws(() => permission(Pod, ['*']), { code: 'WILDCARD' });
    // @ts-expect-error -- there must be a verb
    assert.throws(() => permission(Pod, []), { code: 'INVALID_RULE' });
  });

  test('takes create by name beside what creates by name, which a POST does not', () => {
    const named = { names: ['a'] };
    const forApply = permission(Pod, ['create', 'patch'], named);
    assert.deepEqual(rulesOf(forApply), [forApply]);
    assert.deepEqual(permission(Pod, ['create', 'update'], named).verbs, ['create', 'update']);
    assert.throws(() => permission(Pod, ['create', 'get'], named), { code: 'INVALID_RULE' });
  });

  test('refuses rules that could never be used', () => {
    for (const useless of [
      () => permission(Pod, ['create'], { names: ['a'] }),
      () => permission(Pod, ['deletecollection'], { names: ['a'] }),
      () => permission(Pod, ['get'], { names: [] }),
      () => rulesOf({ verbs: ['get'] }),
      () => rulesOf({ apiGroups: [''], verbs: ['get'] }),
      () =>
        rulesOf({ apiGroups: [''], resources: ['pods'], nonResourceURLs: ['/x'], verbs: ['get'] }),
    ]) {
      assert.throws(useless, { code: 'INVALID_RULE' });
    }
  });
});
