/**
 * Compares the initial sync and the reconciling of pods with the official JavaScript client, in one run, taking turns.
 *
 *   npm run bench -- [--sizes 1000,10000] [--rounds 3] [--kubeconfig FILE]
 *
 * Without a kubeconfig the embedded API server is measured against, in a process of its own. With one, the cluster
 * it names: give it a cluster for tests, the pods are left there.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Client, KubeConfig } from '@kubewright/client';
import { fill } from './pods.ts';
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

function start(file: string, args: readonly string[], kubeconfig?: string): ChildProcess {
  const path = fileURLToPath(new URL(file, import.meta.url));
  const env = kubeconfig === undefined ? process.env : { ...process.env, KUBECONFIG: kubeconfig };
  return spawn(process.execPath, [path, ...args], { env, stdio: ['ignore', 'pipe', 'inherit'] });
}

async function firstLine(child: ChildProcess): Promise<string> {
  if (child.stdout === null) throw new TypeError('the output of the process is not piped');
  for await (const line of createInterface({ input: child.stdout })) return line;
  throw new Error('the process ended without a word: see its messages above');
}

async function run(subject: string, size: number, kubeconfig: string): Promise<Measurement> {
  const child = start(`subjects/${subject}.ts`, [String(size)], kubeconfig);
  const ended = once(child, 'exit');
  const line = await firstLine(child);
  await ended;
  return JSON.parse(line) as Measurement; // our own subject printed it
}

const say = (text: string): boolean => process.stderr.write(`${text}\n`);
const server = values.kubeconfig === undefined ? start('server.ts', []) : undefined;
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
