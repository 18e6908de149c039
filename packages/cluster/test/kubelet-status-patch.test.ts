import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import {
  applyStrategicMergePatch,
  openApiPatchSchema,
  type OpenApiDefinitions,
  type PodStatus,
} from '@kubewright/apimachinery';
import { statusPatch } from '../src/kubelet/status/status-patch.ts';
import { readTrace } from './recorded-trace.ts';

const document = JSON.parse(
  readFileSync(new URL('../../apimachinery/openapi/builtin.json', import.meta.url), 'utf8'),
) as { definitions: OpenApiDefinitions };
const schema = openApiPatchSchema(document.definitions, 'io.k8s.api.core.v1.Pod');

function patched(before: PodStatus, patch: unknown): PodStatus {
  const pod = applyStrategicMergePatch({ status: before }, { status: patch }, schema);
  return (pod as { status: PodStatus }).status;
}

test('turns each recorded status into the one that followed it', () => {
  for (const name of [
    'exit-1-onfailure',
    'poststart-exec-fails',
    'ok-ready-then-deleted-by-user',
  ]) {
    const statuses = readTrace(name)
      .filter((line) => line.kind === 'Pod')
      // Lines of kind Pod hold pods.
      .map((line) => withoutNulls((line.object as { status?: PodStatus }).status ?? {}));
    for (const [index, after] of statuses.entries()) {
      const before = statuses[index - 1] ?? {};
      const patch = statusPatch(before, after);
      if (patch === undefined) continue;
      assert.deepEqual(sorted(patched(before, patch)), sorted(after));
    }
  }
});

test('does not touch the conditions of others', () => {
  const gate = { type: 'example.com/gate', status: 'True' };
  const before = { conditions: [{ type: 'Ready', status: 'True', reason: 'x' }, gate] };
  const after = { conditions: [{ type: 'Ready', status: 'False' }, gate] };
  const patch = statusPatch(before, after);
  assert.deepEqual(patch, { conditions: [{ type: 'Ready', status: 'False', reason: null }] });
  assert.deepEqual(patched(before, patch), after);
});

test('says nothing when nothing changed', () => {
  assert.equal(statusPatch({ phase: 'Running' }, { phase: 'Running' }), undefined);
});

/** Lists that are merged by a key have no order of their own. */
function sorted(status: PodStatus): PodStatus {
  return {
    ...status,
    conditions: [...(status.conditions ?? [])].sort((left, right) =>
      left.type < right.type ? -1 : 1,
    ),
  };
}

function withoutNulls(status: PodStatus): PodStatus {
  return JSON.parse(
    JSON.stringify(status, (_key, value: unknown) => (value === null ? undefined : value)),
  ) as PodStatus;
}
