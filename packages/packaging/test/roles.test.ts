import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  ClusterRole,
  ConfigMap,
  EventsV1Event,
  Lease,
  Role,
  type PolicyRule,
} from '@kubewright/apimachinery';
import { permission } from '@kubewright/crd';
import { parse } from 'yaml';
import {
  chartFiles,
  installManifests,
  type OperatorDefinition,
  type OperatorOptions,
} from '../src/index.ts';
import { Converted, gadgeteer, servesWebhooks, watchesAll } from './gadget.ts';
import { ManifestObjects } from './manifest-objects.ts';

/** Rules that repeat each other, and what is permitted to every operator anyway. */
const repetitive: OperatorOptions['permissions'] = {
  watched: [permission(ConfigMap, ['get', 'list']), permission(ConfigMap, ['list', 'watch'])],
  own: [
    permission(EventsV1Event, ['create']),
    permission(EventsV1Event, ['create', 'patch']),
    permission(Lease, ['create', 'get']),
  ],
  cluster: [permission(ConfigMap, ['get'], { names: ['one'] }), permission(ConfigMap, ['get'])],
};

/** Everything that rules permit: a permission once for each rule that grants it. */
function permissionsIn(rules: readonly PolicyRule[]): string[] {
  return rules.flatMap(({ apiGroups = [], resources = [], resourceNames = [''], verbs }) =>
    apiGroups.flatMap((group) =>
      resources.flatMap((resource) =>
        resourceNames.flatMap((name) =>
          verbs.map((verb) => [verb, group, resource, name].join(' ').trim()),
        ),
      ),
    ),
  );
}

/** Permissions that rules grant more than once, also once by name and once for all names. */
function repeatedIn(rules: readonly PolicyRule[]): string[] {
  const all = permissionsIn(rules);
  return all.filter((each, index) =>
    all.some((other, at) => at !== index && (other === each || each.startsWith(`${other} `))),
  );
}

/** The rules of each role in the manifests. */
function rulesInManifests(operator: OperatorDefinition): PolicyRule[][] {
  return [...installManifests(operator).values()].flatMap((text) => {
    const objects = new ManifestObjects(text);
    return [...objects.of(Role), ...objects.of(ClusterRole)].map(({ rules = [] }) => rules);
  });
}

/** The rules of each role in the template of the chart; expressions stand for names. */
async function rulesInChart(operator: OperatorDefinition): Promise<PolicyRule[][]> {
  const text = (await chartFiles(operator)).get('templates/roles.yaml') ?? '';
  const blocks = text.replaceAll(/\{\{.*?\}\}/g, 'expression').matchAll(/^rules:\n(?: .*\n)+/gm);
  // Rules, as their name says; the assertions look into them.
  return [...blocks].map(([block]) => (parse(block) as { rules: PolicyRule[] }).rules);
}

describe('the roles of an operator whose rules repeat what it may do anyway', () => {
  for (const [what, changes] of Object.entries({
    'that watches one namespace': {},
    'that watches all namespaces': { program: watchesAll },
    'with webhooks': { program: servesWebhooks, resources: [Converted] },
  } satisfies Record<string, Partial<OperatorOptions>>)) {
    const operator = gadgeteer({ permissions: repetitive, ...changes });

    test(`grant each permission once, in the manifests of one ${what}`, () => {
      const roles = rulesInManifests(operator);
      assert.ok(
        roles.some((rules) => permissionsIn(rules).includes('create events.k8s.io events')),
      );
      for (const rules of roles) assert.deepEqual(repeatedIn(rules), []);
    });

    test(`grant each permission once, in the chart of one ${what}`, async () => {
      const roles = await rulesInChart(operator);
      assert.ok(
        roles.some((rules) => permissionsIn(rules).includes('create events.k8s.io events')),
      );
      for (const rules of roles) assert.deepEqual(repeatedIn(rules), []);
    });
  }
});
