/**
 * Writes what is generated: of all operators manifests, charts and recipes of images; the pages about failure modes; the
 * schema of diagnoses. With --check it writes nothing and ends with exit code 3 when a file is not as it would be generated.
 */
import { parseArgs } from 'node:util';
import { driftExitCode, findDrift, formatDrift, writeGeneratedFiles } from '@kubewright/crd';
import { packageFiles } from '@kubewright/packaging';
import { reportSchema } from '../packages/cli/src/diagnose/report-schema.ts';
import { failureModePages } from '../packages/diagnosis/scripts/failure-mode-pages.ts';
import { findOperators, root } from './operators.ts';

const fix = 'npm run generate';
/** Folder of the pages about failure modes. */
const pages = 'docs/failure-modes';

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
  const found = await findOperators();
  const generated = await Promise.all(
    found.map(({ operator, folder }) => packageFiles(operator, folder)),
  );
  const options = {
    root,
    files: new Map([
      ...generated.flatMap(({ files }) => [...files]),
      ['docs/diagnosis.schema.json', `${JSON.stringify(reportSchema(), null, 2)}\n`] as const,
      ...[...failureModePages()].map(([name, text]) => [`${pages}/${name}`, text] as const),
    ]),
    ownedFolders: [...generated.flatMap(({ ownedFolders }) => ownedFolders), pages],
  };
  if (isCheck === true) {
    const drifts = await findDrift(options);
    process.stderr.write(formatDrift(drifts, fix));
    return drifts.length === 0 ? 0 : driftExitCode;
  }
  const written = await writeGeneratedFiles(options);
  for (const { path, kind } of written) process.stdout.write(`${kind} ${path}\n`);
  const stale = written.filter(({ kind }) => kind === 'stale');
  process.stderr.write(formatDrift(stale, fix));
  return stale.length === 0 ? 0 : driftExitCode;
}
