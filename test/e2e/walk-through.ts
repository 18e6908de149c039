import assert from 'node:assert/strict';
import { dirname } from 'node:path';
import { test } from 'node:test';
import { readWalkThrough } from './readme.ts';
import { kubectl, kubectlProgram, shell } from './shell.ts';
import type { WalkThrough } from './walk-throughs.ts';

/** Declares a README's walk-through as tests, step by step, against the cluster of a kubeconfig. */
export async function declareWalkThrough(
  { file, expectations, installs }: WalkThrough,
  kubeconfig: () => string,
): Promise<void> {
  // kubectl is typed as `kubectl`, so it must be found under that name.
  const path = `${dirname(kubectlProgram)}:${process.env['PATH'] ?? ''}`;
  const steps = await readWalkThrough(file);
  test('shows all that is to be seen in one of its steps', () => {
    const unseen = expectations.filter(
      ({ after }) => !steps.some(({ commands }) => commands.includes(after)),
    );
    assert.deepEqual(unseen, []);
  });
  for (const { title, commands } of steps) {
    test(title, async () => {
      const output = await shell(commands, { env: { KUBECONFIG: kubeconfig(), PATH: path } });
      for (const { after, seen } of expectations) {
        if (commands.includes(after)) assert.match(output, seen);
      }
    });
  }
  test('Nothing is left behind', async () => {
    const env = { KUBECONFIG: kubeconfig() };
    const workloads = await kubectl(
      ['get', 'deployments,replicasets,jobs,cronjobs,pods', '-n', 'default', '-o', 'name'],
      { env },
    );
    assert.equal(workloads, '');
    if (installs === undefined) return;
    const { apiGroup, namespace } = installs;
    const kinds = await kubectl(['api-resources', `--api-group=${apiGroup}`, '-o', 'name'], {
      env,
    });
    assert.equal(kinds.trim(), '');
    const namespaces = await kubectl(['get', 'namespaces', '-o', 'name'], { env });
    assert.doesNotMatch(namespaces, new RegExp(`/${namespace}$`, 'm'));
  });
}
