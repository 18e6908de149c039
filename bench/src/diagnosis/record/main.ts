/**
 * Records how pods fail on a real node: makes what the scenarios say, watches, and writes a folder for each.
 *
 *   node bench/src/diagnosis/record/main.ts --node FOLDER --into FOLDER [--scenarios FOLDER] [--only NAME,…] [--at-once 60]
 *
 * `--node` is the folder of a node that runs (its kubeconfig, and the configuration of its container runtime).
 */
import { parseArgs } from 'node:util';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Client, loadKubeConfig } from '@kubewright/client';
import { readScenarios } from './read-scenarios.ts';
import { record } from './record.ts';
import { nameRegistries, startRegistry } from './registry.ts';
import type { Scenario } from './scenario.ts';
import { Watches } from './watches.ts';

const usage =
  'usage: node bench/src/diagnosis/record/main.ts --node FOLDER --into FOLDER [--scenarios FOLDER] [--only NAME,…] [--at-once 60]\n';

/** @returns The exit code. */
async function main(argv: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      node: { type: 'string' },
      into: { type: 'string' },
      scenarios: { type: 'string', default: fileURLToPath(new URL('scenarios', import.meta.url)) },
      only: { type: 'string' },
      'at-once': { type: 'string', default: '60' },
    },
  });
  const { node, into } = values;
  if (node === undefined || into === undefined) {
    process.stderr.write(usage);
    return 2;
  }
  const only = values.only?.split(',');
  const scenarios = (await readScenarios(values.scenarios)).filter(
    ({ name }) => only?.includes(name) ?? true,
  );
  const config = await loadKubeConfig({ path: join(node, 'kubeconfig') });
  await using client = await Client.fromKubeConfig(config);
  const { server, port } = await startRegistry();
  const watches = new Watches(client);
  try {
    await nameRegistries(join(node, 'node/registries'), port);
    watches.start();
    await recordAll(client, watches, scenarios, into, Number(values['at-once']));
    await watches.stop();
  } finally {
    server.closeAllConnections();
    server.close();
  }
  return 0;
}

/** Starts this many a second: a node that is asked for everything at once is slow at everything. */
const startsPerSecond = 1.5;

async function recordAll(
  client: Client,
  watches: Watches,
  scenarios: readonly Scenario[],
  into: string,
  atOnce: number,
): Promise<void> {
  const running = new Set<Promise<void>>();
  for (const scenario of scenarios.filter(({ alone }) => !alone)) {
    if (running.size >= atOnce) await Promise.race(running);
    const work = report(client, watches, scenario, into).finally(() => running.delete(work));
    running.add(work);
    await delay(1000 / startsPerSecond);
  }
  await Promise.all(running);
  for (const scenario of scenarios.filter(({ alone }) => alone)) {
    await report(client, watches, scenario, into);
  }
}

async function report(
  client: Client,
  watches: Watches,
  scenario: Scenario,
  into: string,
): Promise<void> {
  try {
    await record(client, watches, scenario, into);
    process.stdout.write(`${scenario.name}\n`);
  } catch (error) {
    process.exitCode = 1;
    process.stderr.write(`${scenario.name}: ${error instanceof Error ? error.message : ''}\n`);
  }
}

process.exitCode = (await main(process.argv.slice(2))) || process.exitCode;
