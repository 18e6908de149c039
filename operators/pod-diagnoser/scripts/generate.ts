/**
 * Writes the manifests of the operator into deploy/pod-diagnoser. With --check it writes nothing and ends with exit code 3 when a file is not
 * as it would be generated.
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { driftExitCode, findDrift, formatDrift, writeGeneratedFiles } from '@kubewright/crd';
import { deployManifests } from './deploy-manifests.ts';

const folder = 'deploy/pod-diagnoser';
const root = join(import.meta.dirname, '..', '..', '..', folder);
const fix = 'npm run generate';

process.exitCode = await generate(process.argv.slice(2));

async function generate(argv: string[]): Promise<number> {
  let isCheck: boolean | undefined;
  try {
    isCheck = parseArgs({ args: argv, options: { check: { type: 'boolean' } } }).values.check;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    process.stderr.write(`${why}\nusage: ${fix} [-- --check]\n`);
    return 2;
  }
  const files = deployManifests({
    namespace: 'kubewright-system',
    watchedNamespace: 'default',
    image: 'pod-diagnoser:0.1.0',
  });
  const options = { root, files, ownedFolders: ['.'] };
  if (isCheck === true) {
    const drifts = await findDrift(options);
    process.stderr.write(formatDrift(drifts, fix));
    return drifts.length === 0 ? 0 : driftExitCode;
  }
  const written = await writeGeneratedFiles(options);
  const stale = written.filter(({ kind }) => kind === 'stale');
  for (const { path, kind } of written) process.stdout.write(`${kind} ${folder}/${path}\n`);
  process.stderr.write(formatDrift(stale, fix));
  return stale.length === 0 ? 0 : driftExitCode;
}
