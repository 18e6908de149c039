import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import type { PolicyRule } from '@kubewright/apimachinery';
import type { Manifest } from '@kubewright/walk-through';
import { operatorManifests } from '../install-operator.ts';
import {
  limitMs,
  OperatorWithRole,
  type CommonOutcome,
  type OperatorAtWork,
} from './operator-with-role.ts';

/** One permission: of the role `<operator>-leader` or `<operator>-cluster`, or of the one that lets it work. */
export interface Permission {
  readonly role: 'leader' | 'watch' | 'cluster';
  readonly resource: string;
  readonly verb: string;
}

/** A permission, and what is seen without it. */
export interface Need<Outcome extends string> extends Permission {
  /** What the operator then never brings about; undefined where another way leads there, only later. */
  readonly fails?: Outcome | CommonOutcome;
  /** The lease is there already, and nobody holds it. */
  readonly hasLease?: boolean;
  /** What is missing too. */
  readonly also?: readonly Permission[];
  /** What the server says. Default: that the operator cannot do it. */
  readonly refusal?: string;
  /** Users are told of it too, beside the log: in an Event or a condition. Default false. */
  readonly isTold?: boolean;
}

/** What the permissions of an operator are for. */
export interface PermissionSuite<Outcome extends string> {
  readonly operator: OperatorAtWork<Outcome>;
  /** What it needs in a namespace that it watches; what it needs in its own is the same for all. */
  readonly needs: readonly Need<Outcome>[];
  /** Everything that shows at once; repetitions show only when something is refused. */
  readonly job: readonly (Outcome | CommonOutcome)[];
  /** Permissions to read. That the first is missing is told anew when the second is missing too. */
  readonly refused: readonly [first: Permission, second: Permission];
}

const ownNeeds: readonly Need<never>[] = [
  { role: 'leader', resource: 'leases', verb: 'create', fails: 'leads' },
  { role: 'leader', resource: 'leases', verb: 'get', fails: 'leads' },
  { role: 'leader', resource: 'leases', verb: 'patch', fails: 'leads' },
  { role: 'leader', resource: 'leases', verb: 'update', fails: 'leads', hasLease: true },
  { role: 'leader', resource: 'events', verb: 'create', fails: 'says that it leads' },
];

/** Declares tests that show of each permission in an operator's manifests that it is needed, and of all that they suffice. */
export function declarePermissionSuite<Outcome extends string>({
  operator,
  needs: watchNeeds,
  job,
  refused,
}: PermissionSuite<Outcome>): void {
  const { name } = operator.program;
  const needs: readonly Need<Outcome>[] = [
    // What is permitted in all namespaces is so in its own.
    ...ownNeeds.map((need): Need<Outcome> => {
      const { resource, verb } = need;
      if (operator.clusterRole === undefined) return need;
      return { ...need, also: [{ role: 'watch', resource, verb }] };
    }),
    ...watchNeeds,
  ];
  const freeLease: Manifest & { readonly spec: object } = {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: { name, namespace: operator.system },
    spec: { leaseDurationSeconds: 1, leaseTransitions: 0 },
  };
  const { clusterRole } = operator;
  const roleName = ({ role }: Permission): string =>
    (role === 'watch' ? clusterRole : undefined) ?? `${name}-${role}`;
  let manifests: readonly Manifest[];

  function without(manifest: Manifest, missing: readonly Permission[]): Manifest {
    const gone = missing.filter((each) => roleName(each) === manifest.metadata.name);
    return withoutVerbs(manifest, gone);
  }

  describe(`the permissions of ${name}`, { timeout: 3_500_000 }, () => {
    before(async () => {
      manifests = await operatorManifests(name);
    });

    test('are each looked at here', () => {
      assert.deepEqual(
        needs.map((need) => `${roleName(need)}: ${need.verb} ${need.resource}`).sort(),
        manifests.flatMap(permissionsIn).sort(),
      );
    });

    test('suffice', async () => {
      await using world = await OperatorWithRole.start(operator, manifests);
      await untilOutcomes(world, ['leads', 'says that it leads', ...job]);
      assert.deepEqual(world.denials(), []);
    });

    /** Starts it without the first of the permissions to read, and takes the second when an Event has told of that. */
    async function startRepeating(
      missing: readonly Permission[] = [],
    ): Promise<OperatorWithRole<Outcome>> {
      const [first, second] = refused;
      const lacking = (gone: readonly Permission[]): Manifest[] =>
        manifests.map((manifest) => without(manifest, [...missing, ...gone]));
      await using resources = new AsyncDisposableStack();
      const world = resources.use(await OperatorWithRole.start(operator, lacking([first])));
      await untilOutcomes(world, ['tells what it may not read']);
      await world.permitOnly(lacking([first, second]), collectionOf(second, manifests));
      resources.move();
      return world;
    }

    test('suffice to count Events that repeat', async () => {
      await using world = await startRepeating();
      await untilOutcomes(world, ['counts repeated Events']);
    });

    for (const need of needs) {
      const { verb, resource, role, fails, hasLease = false, isTold = false, also = [] } = need;
      const { refusal = `cannot ${verb} resource "${resource}"` } = need;
      const never = fails === undefined ? '' : ` and never ${fails}`;
      test(`without ${verb} on ${resource} in ${role}, it says so${never}`, async () => {
        const missing = [need, ...also];
        const given = manifests.map((manifest) => without(manifest, missing));
        await using world =
          fails === 'counts repeated Events'
            ? await startRepeating(missing)
            : await OperatorWithRole.start(operator, hasLease ? [...given, freeLease] : given);
        await world.untilRefused(refusal);
        if (isTold) await world.untilTold(refusal);
        if (fails !== undefined) assert.ok(!(await world.outcomes()).has(fails));
      });
    }
  });
}

/** The rules of a Role or a ClusterRole; other manifests have none. */
function rulesOf(manifest: Manifest): readonly PolicyRule[] | undefined {
  const isRole = manifest.kind === 'Role' || manifest.kind === 'ClusterRole';
  if (!isRole || !('rules' in manifest)) return undefined;
  return manifest.rules as readonly PolicyRule[]; // the API's own type, in a file of ours
}

/** The objects that a permission is about, in the words of a CustomResourceDefinition: `foos.tutorial.my.domain`. */
function collectionOf({ resource }: Permission, manifests: readonly Manifest[]): string {
  const rule = manifests
    .flatMap((manifest) => rulesOf(manifest) ?? [])
    .find(({ resources = [] }) => resources.includes(resource));
  assert.ok(rule !== undefined, `${resource} is in a role`);
  return [resource, ...(rule.apiGroups ?? [])].filter((word) => word !== '').join('.');
}

function permissionsIn(manifest: Manifest): string[] {
  return (rulesOf(manifest) ?? []).flatMap(({ resources = [], verbs }) =>
    resources.flatMap((resource) =>
      verbs.map((verb) => `${manifest.metadata.name}: ${verb} ${resource}`),
    ),
  );
}

function withoutVerbs(manifest: Manifest, missing: readonly Permission[]): Manifest {
  // One resource a rule: what is taken of one must not be taken of another.
  const rules = rulesOf(manifest)?.flatMap(({ resources = [], verbs, ...rest }) =>
    resources.map((resource) => ({
      ...rest,
      resources: [resource],
      verbs: verbs.filter(
        (verb) => !missing.some((each) => each.resource === resource && each.verb === verb),
      ),
    })),
  );
  if (rules === undefined) return manifest;
  // A rule without verbs is none, and the API server does not take it.
  return { ...manifest, rules: rules.filter(({ verbs }) => verbs.length > 0) } as Manifest;
}

/**
 * Looks again and again until all of it is there.
 *
 * @throws Error with what is there when it does not come to pass.
 */
async function untilOutcomes<Outcome extends string>(
  world: OperatorWithRole<Outcome>,
  wanted: readonly (Outcome | CommonOutcome)[],
): Promise<void> {
  const signal = AbortSignal.timeout(limitMs);
  for (;;) {
    const seen = await world.outcomes();
    if (wanted.every((outcome) => seen.has(outcome))) return;
    if (signal.aborted) {
      throw new Error(`wanted ${wanted.join(', ')}, and there is ${[...seen].join(', ')}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
