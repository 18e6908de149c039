/**
 * Packs recordings to keep them: one compressed file for each.
 *
 *   node bench/src/diagnosis/record/pack.ts FOLDER INTO
 */
import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { packRecording } from '../recordings.ts';

const [folder, into] = process.argv.slice(2);
if (folder === undefined || into === undefined) {
  process.stderr.write('usage: node bench/src/diagnosis/record/pack.ts FOLDER INTO\n');
  process.exitCode = 2;
} else {
  await mkdir(into, { recursive: true });
  for (const name of await readdir(folder)) await packRecording(join(folder, name), into);
}
