/**
 * Compares the initial sync and the reconciling of pods with the official JavaScript client, in one run, taking turns.
 *
 *   npm run bench -- [--sizes 1000,10000] [--rounds 3] [--kubeconfig FILE]
 *
 * Without a kubeconfig the embedded API server is measured against, in a process of its own. With one, the cluster
 * it names: give it a cluster for tests, the pods are left there.
 */
import { parseArgs } from 'node:util';
import { Client, KubeConfig } from '@kubewright/client';
import { fill } from './pods.ts';
import { firstLine, lineOf, start } from './program.ts';
import type { Measurement } from './subjects/measurement.ts';
import { tableOf } from './table.ts';

const { values } = parseArgs({
  options: {
    sizes: { type: 'string', default: '1000,10000' },
    rounds: { type: 'string', default: '3' },
    kubeconfig: { type: 'string' },
  },
});
const sizes = values.sizes.split(',').map(Number);
const rounds = Number(values.rounds);
if (sizes.some((size) => !(size > 0)) || !(rounds > 0)) {
  process.stderr.write(
    'usage: npm run bench -- [--sizes 1000,10000] [--rounds 3] [--kubeconfig FILE]\n',
  );
  process.exit(2);
}

async function run(subject: string, size: number, kubeconfig: string): Promise<Measurement> {
  const program = new URL(`subjects/${subject}.ts`, import.meta.url);
  return JSON.parse(await lineOf(program, [String(size)], kubeconfig)) as Measurement; // our own subject printed it
}

const say = (text: string): boolean => process.stderr.write(`${text}\n`);
const server =
  values.kubeconfig === undefined ? start(new URL('server.ts', import.meta.url)) : undefined;
const kubeconfig = server === undefined ? (values.kubeconfig ?? '') : await firstLine(server);
const results: Measurement[] = [];
try {
  await using client = await Client.fromKubeConfig(await KubeConfig.fromFile(kubeconfig));
  for (const size of sizes.toSorted((a, b) => a - b)) {
    say(`making ${size} pods …`);
    await fill(client, size, (made) => say(`  ${made}`));
    for (const task of ['sync', 'reconcile']) {
      for (let round = 1; round <= rounds; round++) {
        for (const subject of ['kubewright', 'client-node']) {
          say(`${task} ${size}, round ${round}: ${subject}`);
          results.push(await run(`${subject}-${task}`, size, kubeconfig));
        }
      }
    }
  }
} finally {
  server?.kill('SIGTERM');
}
process.stdout.write(`${tableOf(results)}\n`);
