import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import {
  applyStrategicMergePatch,
  openApiPatchSchema,
  type OpenApiDefinitions,
} from '../src/index.ts';

const { definitions } = JSON.parse(
  readFileSync(new URL('../openapi/builtin.json', import.meta.url), 'utf8'),
) as { definitions: OpenApiDefinitions };
const schema = openApiPatchSchema(definitions, 'io.k8s.api.core.v1.Pod');

const pod = {
  metadata: { name: 'p', finalizers: ['a/1', 'a/2', 'a/3'], labels: { a: '1', b: '2' } },
  spec: {
    nodeSelector: { k1: 'v1', k2: 'v2' },
    tolerations: [{ key: 'a' }],
    containers: [
      {
        name: 'c1',
        args: ['1'],
        env: [
          { name: 'A', value: '1' },
          { name: 'B', value: '2' },
        ],
      },
      { name: 'c2', image: 'i' },
      { name: 'c3' },
    ],
    volumes: [{ name: 'v1', emptyDir: {} }],
  },
};

const patchPod = (patch: unknown): typeof pod =>
  // Safe: the patches of this file leave the members that the assertions read.
  applyStrategicMergePatch(pod, patch, schema) as typeof pod;
const patchSpec = (patch: unknown) => patchPod({ spec: patch }).spec;
const containerNames = (patch: unknown) => patchSpec(patch).containers.map(({ name }) => name);
const finalizers = (patch: unknown) => patchPod({ metadata: patch }).metadata.finalizers;

// All results were compared with an API server's (PATCH of a Deployment with the same lists).
describe('strategic merge patch', () => {
  test('merges elements by their key, in the order of the object', () => {
    assert.deepEqual(patchSpec({ containers: [{ name: 'c2', image: 'new' }] }).containers, [
      pod.spec.containers[0],
      { name: 'c2', image: 'new' },
      pod.spec.containers[2],
    ]);
  });

  test('puts the elements it names in its own order, new ones where it has them', () => {
    assert.deepEqual(containerNames({ containers: [{ name: 'c9' }] }), ['c9', 'c1', 'c2', 'c3']);
    assert.deepEqual(containerNames({ containers: [{ name: 'c3' }, { name: 'c1' }] }), [
      'c2',
      'c3',
      'c1',
    ]);
  });

  test('merges lists within elements', () => {
    const env = [
      { name: 'B', value: '9' },
      { name: 'C', value: '3' },
    ];
    assert.deepEqual(patchSpec({ containers: [{ name: 'c1', env }] }).containers[0]?.env, [
      { name: 'A', value: '1' },
      { name: 'B', value: '9' },
      { name: 'C', value: '3' },
    ]);
  });

  test('replaces lists that no strategy merges', () => {
    assert.deepEqual(patchSpec({ tolerations: [{ key: 'b' }] }).tolerations, [{ key: 'b' }]);
    assert.deepEqual(patchSpec({ containers: [{ name: 'c1', args: ['9'] }] }).containers[0]?.args, [
      '9',
    ]);
  });

  test('deletes elements, whether there or not', () => {
    assert.deepEqual(containerNames({ containers: [{ name: 'c2', $patch: 'delete' }] }), [
      'c1',
      'c3',
    ]);
    assert.deepEqual(containerNames({ containers: [{ name: 'no', $patch: 'delete' }] }), [
      'c1',
      'c2',
      'c3',
    ]);
  });

  test('replaces a whole list or a whole object', () => {
    assert.deepEqual(patchSpec({ containers: [{ name: 'n' }, { $patch: 'replace' }] }).containers, [
      { name: 'n' },
    ]);
    assert.deepEqual(patchSpec({ nodeSelector: { $patch: 'replace', k3: 'v3' } }).nodeSelector, {
      k3: 'v3',
    });
    assert.deepEqual(patchSpec({ nodeSelector: { $patch: 'delete' } }).nodeSelector, {});
  });

  test('removes by null, also in a list and in an object', () => {
    assert.equal('containers' in patchSpec({ containers: null }), false);
    assert.deepEqual(patchSpec({ nodeSelector: { k1: null } }).nodeSelector, { k2: 'v2' });
    const added = patchSpec({
      containers: [{ name: 'n', image: null }],
      affinity: { podAffinity: null },
    });
    assert.deepEqual(added.containers[0], { name: 'n' });
    assert.deepEqual((added as Record<string, unknown>)['affinity'], {});
  });

  test('merges lists of scalars as sets', () => {
    assert.deepEqual(finalizers({ finalizers: ['a/2', 'b/1', 'a/1'] }), [
      'a/2',
      'b/1',
      'a/1',
      'a/3',
    ]);
    assert.deepEqual(finalizers({ '$deleteFromPrimitiveList/finalizers': ['a/2', 'x'] }), [
      'a/1',
      'a/3',
    ]);
    assert.deepEqual(
      finalizers({
        '$deleteFromPrimitiveList/finalizers': ['a/2'],
        finalizers: ['a/2', 'b/9'],
      }).toSorted(),
      ['a/1', 'a/2', 'a/3', 'b/9'],
    );
  });

  test('orders elements, those it does not name staying among their neighbours', () => {
    const order = (...names: string[]) => names.map((name) => ({ name }));
    assert.deepEqual(containerNames({ '$setElementOrder/containers': order('c3', 'c1') }), [
      'c2',
      'c3',
      'c1',
    ]);
    assert.deepEqual(
      containerNames({
        '$setElementOrder/containers': order('c2', 'c9', 'c1'),
        containers: [{ name: 'c9' }, { name: 'c3', $patch: 'delete' }],
      }),
      ['c2', 'c9', 'c1'],
    );
    assert.deepEqual(
      finalizers({ '$setElementOrder/finalizers': ['a/3', 'c/3', 'a/1'], finalizers: ['c/3'] }),
      ['a/2', 'a/3', 'c/3', 'a/1'],
    );
  });

  test('keeps the named members only', () => {
    assert.deepEqual(
      patchSpec({ nodeSelector: { $retainKeys: ['k2', 'k3'], k3: 'x' } }).nodeSelector,
      {
        k2: 'v2',
        k3: 'x',
      },
    );
    assert.deepEqual(
      patchSpec({ volumes: [{ name: 'v1', $retainKeys: ['name', 'hostPath'], hostPath: {} }] })
        .volumes,
      [{ name: 'v1', hostPath: {} }],
    );
  });

  test('takes null in place of a list to delete for the whole list, and ignores what is no list', () => {
    assert.equal(finalizers({ '$deleteFromPrimitiveList/finalizers': null }), undefined);
    assert.deepEqual(finalizers({ '$deleteFromPrimitiveList/finalizers': 'a/2' }), [
      'a/1',
      'a/2',
      'a/3',
    ]);
    assert.deepEqual(finalizers({ '$deleteFromPrimitiveList/nothing': ['a/2'] }), [
      'a/1',
      'a/2',
      'a/3',
    ]);
  });

  test('merges empty lists', () => {
    const empty = { metadata: { finalizers: [] }, spec: { containers: [] } };
    assert.deepEqual(applyStrategicMergePatch(empty, structuredClone(empty), schema), empty);
  });

  test('merges two new elements of one key', () => {
    const twice = [{ name: 'n', image: 'i' }, { name: 'n', args: ['a'] }, { name: 'm' }];
    assert.deepEqual(patchSpec({ containers: twice }).containers.slice(0, 2), [
      { name: 'n', image: 'i', args: ['a'] },
      { name: 'm' },
    ]);
  });

  test('takes lists and their directives beside $retainKeys', () => {
    const result = patchPod({
      metadata: {
        $retainKeys: ['name', 'finalizers'],
        '$setElementOrder/finalizers': ['a/3', 'a/1'],
        '$deleteFromPrimitiveList/finalizers': ['a/2'],
      },
    });
    assert.deepEqual(result.metadata, { name: 'p', finalizers: ['a/3', 'a/1'] });
  });

  test('leaves no directive behind', () => {
    const result = patchPod({
      spec: {
        affinity: { $patch: 'delete', nodeAffinity: {} },
        initContainers: [
          { name: 'a', $patch: 'delete' },
          { name: 'b', '$setElementOrder/env': [] },
        ],
        containers: [{ name: 'n', env: [{ name: 'E', $patch: 'replace' }], $retainKeys: ['name'] }],
      },
    });
    assert.doesNotMatch(JSON.stringify(result), /\$/);
    assert.equal('affinity' in result.spec, false);
  });

  for (const [name, patch, message] of [
    [
      'an element without its key',
      { containers: [{ image: 'x' }] },
      /does not contain declared merge key: name/,
    ],
    [
      'a deletion without a key',
      { containers: [{ $patch: 'delete' }] },
      /does not contain declared merge key: name/,
    ],
    ['an unknown directive', { nodeSelector: { $patch: 'frob' } }, /unknown patch type: "frob"/],
    [
      'an unknown directive in a list',
      { containers: [{ name: 'c1', $patch: 'merge' }] },
      /unknown patch type: "merge"/,
    ],
    ['elements of several types', { volumes: ['a'] }, /several types/],
    [
      'a member that $retainKeys does not name',
      { nodeSelector: { $retainKeys: ['a'], b: 'c' } },
      /does not name "b"/,
    ],
    ['$retainKeys that is no list', { nodeSelector: { $retainKeys: 'a' } }, /not a list/],
    ['an order that is no list', { '$setElementOrder/containers': 'x' }, /not a list/],
    [
      'an order of scalars for objects',
      { '$setElementOrder/containers': ['c1'] },
      /value for key 0 is not a map/,
    ],
    [
      'an order of an unknown field',
      { '$setElementOrder/nope': [] },
      /unable to find api field in struct PodSpec for the json field "nope"/,
    ],
    [
      'a list against its order',
      {
        '$setElementOrder/containers': [{ name: 'c1' }, { name: 'c2' }],
        containers: [{ name: 'c2' }, { name: 'c1' }],
      },
      /does not match/,
    ],
  ] as [string, unknown, RegExp][]) {
    test(`refuses ${name}`, () => {
      assert.throws(() => patchSpec(patch), { name: 'PatchError', code: 'INVALID_PATCH', message });
    });
  }

  test('refuses what is no object, and what is nested too deep', () => {
    assert.throws(() => applyStrategicMergePatch(pod, [], schema), { code: 'INVALID_PATCH' });
    const deep: unknown = JSON.parse('{"a":'.repeat(100_000) + '1' + '}'.repeat(100_000));
    assert.throws(() => applyStrategicMergePatch(pod, deep, schema), { code: 'PATCH_TOO_LARGE' });
  });

  test('changes neither object nor patch, and treats __proto__ as any member', () => {
    const before = structuredClone(pod);
    const text = '{"metadata":{"labels":{"__proto__":"x","a":null}},"__proto__":{"polluted":1}}';
    const patch: unknown = JSON.parse(text);
    const result = patchPod(patch);
    assert.deepEqual(pod, before);
    assert.equal(JSON.stringify(patch), text);
    assert.equal(JSON.stringify(result.metadata.labels), '{"b":"2","__proto__":"x"}');
    assert.equal(({} as Record<string, unknown>)['polluted'], undefined);
  });

  test('merges a hundred thousand elements without comparing each with each', () => {
    const env = Array.from({ length: 100_000 }, (_, index) => ({ name: `E${String(index)}` }));
    const big = { spec: { containers: [{ name: 'c', env }] } };
    // Safe: the patch below changes values, not the form.
    const merged = applyStrategicMergePatch(
      big,
      { spec: { containers: [{ name: 'c', env: env.map(({ name }) => ({ name, value: '1' })) }] } },
      schema,
    ) as typeof big;
    assert.equal(merged.spec.containers[0]?.env.length, 100_000);
    assert.deepEqual(merged.spec.containers[0].env[99_999], { name: 'E99999', value: '1' });
  });

  test('reads recursive types and follows no endless reference', () => {
    const crd = openApiPatchSchema(
      definitions,
      'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaProps',
    );
    const nested = crd.field('not')?.value.field('not')?.value.field('x-kubernetes-validations');
    assert.equal(nested?.mergeKey, 'rule');
    const loop = openApiPatchSchema({ a: { $ref: '#/definitions/a' } }, 'a');
    assert.equal(loop.field('x'), undefined);
    assert.equal(openApiPatchSchema({}, '__proto__').field('x'), undefined);
  });
});
