/**
 * Has our program take turns with those of other runtimes on one real API server, and prints what each needed.
 *
 *   KUBECONFIG=… npm run bench:peers -- [--size 10000] [--rounds 5] [--peers ../shared/peers]
 *
 * Fills the server with pods and Widgets and leaves them there: give it one for tests. Needs Go and Rust, as the others
 * are built here, in a copy of their folder (`bench/dist/peers`, with `results.jsonl`).
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, cp, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { bundleOperator, bundlePath } from '@kubewright/packaging';
import { variants } from './variants.ts';

const bench = fileURLToPath(new URL('../../', import.meta.url));
const copy = join(bench, 'dist/peers');
const usage =
  'usage: KUBECONFIG=FILE npm run bench:peers -- [--size 10000] [--rounds 5] [--peers ../shared/peers]';

/** Ends with exit code 2, as for every wrong use. */
function refuse(problem: string): never {
  process.stderr.write(`bench:peers: ${problem}\n${usage}\n`);
  process.exit(2);
}

function readOptions(): { readonly size: string; readonly rounds: string; readonly peers: string } {
  try {
    return parseArgs({
      options: {
        size: { type: 'string', default: '10000' },
        rounds: { type: 'string', default: '5' },
        peers: { type: 'string', default: join(bench, '../../shared/peers') },
      },
    }).values;
  } catch (error) {
    return refuse(error instanceof Error ? error.message : String(error));
  }
}

const { size, rounds, peers } = readOptions();
if (!/^[1-9]\d*$/.test(size)) refuse(`--size is no number of objects: ${size}`);
if (!/^[1-9]\d*$/.test(rounds)) refuse(`--rounds is no number of runs: ${rounds}`);
if (!process.env['KUBECONFIG']) refuse('KUBECONFIG names no server');
await access(join(peers, 'run.sh')).catch(() => refuse(`no peers in ${resolve(peers)}`));

// One file, as it would be in an image.
await bundleOperator({ main: 'src/peers/main.ts', assets: [] }, bench);
await cp(peers, copy, { recursive: true });
const us = {
  name: 'kubewright',
  command: [process.execPath, join(bench, bundlePath)],
  ...variants,
};
const subjects = join(copy, 'subjects.mjs');
const others = await readFile(subjects, 'utf8');
const list = 'export const subjects = [';
if (!others.includes(list)) refuse(`${subjects} has no list of subjects`);
await writeFile(
  subjects,
  others.replace(list, () => `${list}\n  ${JSON.stringify(us)},`),
);

const child = spawn('./run.sh', [size, rounds], { cwd: copy, stdio: 'inherit' });
const [code] = (await once(child, 'exit')) as [number | null]; // of the event
process.exitCode = code ?? 1;
