/**
 * What an event of a pod costs the Foo operator with many Foos, beside few: in one run, taking turns, each in a process of
 * its own on an embedded API server in a further process.
 *
 *   npm run bench:foo [-- --sizes 100,10000] [--rounds 3]
 */
import { parseArgs } from 'node:util';
import { median } from '../median.ts';
import { firstLine, lineOf, start } from '../program.ts';
import type { Cost } from './cost.ts';

const { values } = parseArgs({
  options: {
    sizes: { type: 'string', default: '100,10000' },
    rounds: { type: 'string', default: '3' },
  },
});
const sizes = values.sizes.split(',').map(Number);
const rounds = Number(values.rounds);
if (sizes.some((size) => !(size > 0)) || !(rounds > 0)) {
  process.stderr.write('usage: npm run bench:foo [-- --sizes 100,10000] [--rounds 3]\n');
  process.exit(2);
}

const costs: Cost[] = [];
for (let round = 1; round <= rounds; round++) {
  for (const size of sizes) {
    process.stderr.write(`round ${round}: ${size} Foos\n`);
    // A server of its own each time: a server with more in it answers later.
    const server = start(new URL('../server.ts', import.meta.url));
    try {
      const program = new URL('pod-events.ts', import.meta.url);
      const line = await lineOf(program, [String(size)], await firstLine(server));
      costs.push(JSON.parse(line) as Cost); // our own program printed it
    } finally {
      server.kill('SIGTERM');
    }
  }
}

function medianOf(foos: number, key: 'cpuUs' | 'durationUs'): number {
  return median(costs.filter((cost) => cost.foos === foos).map((cost) => cost[key]));
}

const [fewest = 0] = sizes;
const rows = sizes.map((size) => {
  const cells = (['cpuUs', 'durationUs'] as const).flatMap((key) => [
    medianOf(size, key).toFixed(0),
    (medianOf(size, key) / medianOf(fewest, key)).toFixed(2),
  ]);
  return `| ${[size, ...cells].join(' | ')} |`;
});
process.stdout.write(
  [
    `| Foos | CPU for an event of a pod, µs | To that with ${fewest} | Time until the status is right, µs | To that with ${fewest} |`,
    '|---|---|---|---|---|',
    ...rows,
    '',
  ].join('\n'),
);
