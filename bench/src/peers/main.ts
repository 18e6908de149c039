/** One program of ours among those of other runtimes, which a runner starts in turns and whose lines it reads. */
import { latency } from './latency.ts';
import { reconcile } from './reconcile.ts';
import { sync } from './sync.ts';
import { variants } from './variants.ts';

const runners = { sync, reconcile, latency };

const [name = '', variant = ''] = process.argv.slice(2);
const known = Object.entries(variants);
const task = known.find(
  ([each, ways]) => each === name && ways.some((way) => way === variant),
)?.[0];
if (task === undefined) {
  const lines = known.map(([each, ways]) => `  ${each} ${ways.join('|')}\n`).join('');
  process.stderr.write(`usage: main.ts TASK VARIANT, with the server in KUBECONFIG\n${lines}`);
  process.exit(2);
}
await runners[task as keyof typeof variants](variant); // found in it
