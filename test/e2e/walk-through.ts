import assert from 'node:assert/strict';
import { dirname } from 'node:path';
import { test } from 'node:test';
import { readWalkThrough } from './readme.ts';
import { kubectl, kubectlProgram, shell } from './shell.ts';

/** What the README says must be seen after a step, by words in its commands. */
const expectations: readonly { readonly after: string; readonly seen: RegExp }[] = [
  { after: 'port-forward', seen: /Hello from the self-destructing app! 6/ },
  {
    after: 'restart-reason',
    seen: /"diagnostics\.local\.io\/restart-reason":"Completed \(Exit Code: 0\)"/,
  },
  {
    after: 'restart-reason',
    seen: /"diagnostics\.local\.io\/restart-time":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"/,
  },
  {
    after: 'restart-reason',
    seen: /Warning\s+PodRestarted\s+pod\/fragile-app-\S+\s+Pod fragile-app-\S+ restarted due to Completed \(Exit Code: 0\)/,
  },
  { after: 'restart-reason', seen: /fragileapp-diagnoser\s+LogEvent\s+1\s+fragile-app-/ },
];

/** Declares the README's walk-through as tests, step by step, against the cluster of a kubeconfig. */
export async function declareWalkThrough(kubeconfig: () => string): Promise<void> {
  // kubectl is typed as `kubectl`, so it must be found under that name.
  const path = `${dirname(kubectlProgram)}:${process.env['PATH'] ?? ''}`;
  for (const { title, commands } of await readWalkThrough()) {
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
      ['get', 'deployments,replicasets', '-n', 'default', '-o', 'name'],
      { env },
    );
    assert.equal(workloads, '');
    const kinds = await kubectl(
      ['api-resources', '--api-group=diagnostics.local.io', '-o', 'name'],
      { env },
    );
    assert.equal(kinds.trim(), '');
    const namespaces = await kubectl(['get', 'namespaces', '-o', 'name'], { env });
    assert.doesNotMatch(namespaces, /kubewright-system/);
  });
}
