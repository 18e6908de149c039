/** Runs the property tests with new values, round after round, until one fails: `npm run fuzz -- --rounds 20`. */
import { randomInt } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { runTests, SEED_VARIABLE, testFiles } from './run-tests.ts';

const usage =
  'usage: npm run fuzz [-- --rounds <number of rounds, default 10>] [--seed <seed of the first>]';

/** A whole number of the command line. */
function wholeNumber(text: string | undefined, otherwise: number): number {
  if (text === undefined) return otherwise;
  if (!/^\d{1,9}$/.test(text)) throw new TypeError(`not a whole number: ${text}`);
  return Number(text);
}

let rounds: number;
let seed: number;
try {
  const { values } = parseArgs({
    options: { rounds: { type: 'string' }, seed: { type: 'string' } },
  });
  rounds = wholeNumber(values.rounds, 10);
  seed = wholeNumber(values.seed, randomInt(2 ** 29));
} catch (error) {
  process.stderr.write(`fuzz: ${(error as Error).message}\n${usage}\n`);
  process.exit(2);
}

const files: string[] = [];
for (const file of await testFiles(['{packages,operators,apps}/*/test/**/*.test.ts'])) {
  if ((await readFile(file, 'utf8')).includes("from 'fast-check'")) files.push(file);
}
for (let round = 1; round <= rounds; round += 1, seed += 1) {
  process.stdout.write(`round ${round} of ${rounds}, seed ${seed}, ${files.length} files\n`);
  const passed = await runTests({
    patterns: files,
    env: { [SEED_VARIABLE]: String(seed) },
    args: ['--test-reporter=dot'],
  });
  if (!passed) {
    process.stderr.write(`fuzz: again with npm run fuzz -- --rounds 1 --seed ${seed}\n`);
    process.exit(1);
  }
}
