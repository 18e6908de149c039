import assert from 'node:assert/strict';
import { dirname } from 'node:path';
import { test } from 'node:test';
import { readWalkThrough } from './readme.ts';
import { kubectl, kubectlProgram, shell } from './shell.ts';
import type { WalkThrough } from './walk-throughs.ts';

/** Longest wait for what must go, in milliseconds: it only bounds a failure. */
const limitMs = 180_000;

async function until(ask: () => Promise<string>, isSo: (said: string) => boolean): Promise<void> {
  const deadline = Date.now() + limitMs;
  for (let said = await ask(); !isSo(said); said = await ask()) {
    if (Date.now() > deadline) assert.fail(`still there: ${said}`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

/** The commands at the end of a step that only look. */
function lastLooks(commands: string): string {
  const lines = commands.trim().split('\n');
  const last = lines.findLastIndex((line) => !line.startsWith('kubectl get '));
  return lines.slice(last + 1).join('\n');
}

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
      const options = { env: { KUBECONFIG: kubeconfig(), PATH: path } };
      const expected = expectations.filter(({ after }) => commands.includes(after));
      const outputs = [await shell(commands, options)];
      const isSeen = (seen: RegExp): boolean => outputs.some((output) => seen.test(output));
      // An Event may come after what it tells of: who does not see it looks again.
      const looks = lastLooks(commands);
      const deadline = Date.now() + limitMs;
      while (looks !== '' && !expected.every(({ seen }) => isSeen(seen)) && Date.now() < deadline) {
        await new Promise((resolve) => setTimeout(resolve, 500));
        outputs.push(await shell(looks, options));
      }
      for (const { seen } of expected) assert.ok(isSeen(seen), `${outputs.at(-1)} has no ${seen}`);
    });
  }
  test('Nothing is left behind', async () => {
    const env = { KUBECONFIG: kubeconfig() };
    const show = (...args: string[]): Promise<string> => kubectl([...args, '-o', 'name'], { env });
    const workloads = 'deployments,replicasets,jobs,cronjobs,pods';
    // What belonged to what was deleted goes after it, and discovery forgets a kind after that.
    await until(
      () => show('get', workloads, '-n', 'default'),
      (names) => names === '',
    );
    if (installs === undefined) return;
    const { apiGroup, namespace } = installs;
    await until(
      () => show('api-resources', `--api-group=${apiGroup}`),
      (kinds) => kinds.trim() === '',
    );
    await until(
      () => show('get', 'namespaces'),
      (namespaces) => !namespaces.split('\n').includes(`namespace/${namespace}`),
    );
  });
}
