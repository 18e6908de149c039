import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import type { PolicyRule } from '@kubewright/apimachinery';
import type { Manifest } from '@kubewright/walk-through';
import { operatorManifests } from './install-operator.ts';
import { operator, OperatorWithRole, system, type Outcome } from './operator-with-role.ts';

/** One permission, of the Role `pod-diagnoser-<role>`. */
interface Permission {
  readonly role: 'leader' | 'watch';
  readonly resource: string;
  readonly verb: string;
}

/** A permission, and what is seen without it. */
interface Need extends Permission {
  /** What the operator then never brings about; undefined where another way leads there, only later. */
  readonly fails?: Outcome;
  /** The lease is there already, and nobody holds it. */
  readonly hasLease?: boolean;
  /** What is missing too. */
  readonly also?: readonly Permission[];
}

/** Without these, the same Event about a diagnoser happens more than once. */
const refusedTwice: readonly Permission[] = [
  { role: 'watch', resource: 'pods', verb: 'list' },
  { role: 'watch', resource: 'poddiagnosers', verb: 'watch' },
];

const needs: readonly Need[] = [
  { role: 'leader', resource: 'leases', verb: 'create', fails: 'leads' },
  { role: 'leader', resource: 'leases', verb: 'get', fails: 'leads' },
  { role: 'leader', resource: 'leases', verb: 'update', fails: 'leads', hasLease: true },
  { role: 'leader', resource: 'events', verb: 'create', fails: 'says that it leads' },
  { role: 'watch', resource: 'pods', verb: 'list', fails: 'annotates' },
  { role: 'watch', resource: 'pods', verb: 'watch' },
  { role: 'watch', resource: 'pods', verb: 'patch', fails: 'annotates' },
  { role: 'watch', resource: 'pods', verb: 'delete', fails: 'has the pod replaced' },
  { role: 'watch', resource: 'poddiagnosers', verb: 'list', fails: 'counts' },
  { role: 'watch', resource: 'poddiagnosers', verb: 'watch' },
  { role: 'watch', resource: 'poddiagnosers/status', verb: 'patch', fails: 'counts' },
  { role: 'watch', resource: 'events', verb: 'list', fails: 'annotates' },
  { role: 'watch', resource: 'events', verb: 'watch' },
  { role: 'watch', resource: 'events', verb: 'create', fails: 'records the crash' },
  {
    role: 'watch',
    resource: 'events',
    verb: 'patch',
    fails: 'counts repeated Events',
    also: refusedTwice,
  },
];

/** Everything that shows at once; repetitions show only when something is refused. */
const job: readonly Outcome[] = [
  'leads',
  'says that it leads',
  'annotates',
  'counts',
  'records the crash',
  'has the pod replaced',
];

const freeLease: Manifest & { readonly spec: object } = {
  apiVersion: 'coordination.k8s.io/v1',
  kind: 'Lease',
  metadata: { name: operator, namespace: system },
  spec: { leaseDurationSeconds: 1, leaseTransitions: 0 },
};

let manifests: readonly Manifest[];

before(async () => {
  manifests = await operatorManifests();
});

const roleName = ({ role }: Permission): string => `${operator}-${role}`;

/** A Role's rules; other manifests have none. */
function rulesOf(manifest: Manifest): readonly PolicyRule[] | undefined {
  if (manifest.kind !== 'Role' || !('rules' in manifest)) return undefined;
  return manifest.rules as readonly PolicyRule[]; // the API's own type, in a file of ours
}

function permissionsIn(manifest: Manifest): string[] {
  return (rulesOf(manifest) ?? []).flatMap(({ resources = [], verbs }) =>
    resources.flatMap((resource) =>
      verbs.map((verb) => `${manifest.metadata.name}: ${verb} ${resource}`),
    ),
  );
}

function without(manifest: Manifest, missing: readonly Permission[]): Manifest {
  const rules = rulesOf(manifest)?.map((rule) => {
    const gone = missing.filter(
      (each) =>
        roleName(each) === manifest.metadata.name && rule.resources?.includes(each.resource),
    );
    return {
      ...rule,
      verbs: rule.verbs.filter((verb) => !gone.some((each) => each.verb === verb)),
    };
  });
  if (rules === undefined) return manifest;
  // A rule without verbs is none, and the API server does not take it.
  return { ...manifest, rules: rules.filter(({ verbs }) => verbs.length > 0) } as Manifest;
}

/** Looks again and again until all of it is there; the time limit of the test bounds it. */
async function untilOutcomes(world: OperatorWithRole, wanted: readonly Outcome[]): Promise<void> {
  for (;;) {
    const seen = await world.outcomes();
    if (wanted.every((outcome) => seen.has(outcome))) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

describe('the permissions of the operator', { timeout: 60_000 }, () => {
  test('are each looked at here', () => {
    assert.deepEqual(
      needs.map((need) => `${roleName(need)}: ${need.verb} ${need.resource}`).sort(),
      manifests.flatMap(permissionsIn).sort(),
    );
  });

  test('suffice', async () => {
    await using world = await OperatorWithRole.start(manifests);
    await untilOutcomes(world, job);
    assert.deepEqual(world.denials(), []);
  });

  test('suffice to count Events that repeat', async () => {
    const given = manifests.map((manifest) => without(manifest, refusedTwice));
    await using world = await OperatorWithRole.start(given);
    await untilOutcomes(world, ['counts repeated Events']);
  });

  for (const need of needs) {
    const { verb, resource, role, fails, hasLease = false, also = [] } = need;
    test(`without ${verb} on ${resource} in ${role}, it says so${fails === undefined ? '' : ` and never ${fails}`}`, async () => {
      const given = manifests.map((manifest) => without(manifest, [need, ...also]));
      await using world = await OperatorWithRole.start(hasLease ? [...given, freeLease] : given);
      await world.untilDenied(verb, resource);
      if (fails !== undefined) assert.ok(!(await world.outcomes()).has(fails));
    });
  }
});
