/** Fails when a package or an operator exports something without TSDoc, and names the place: `npm run documented`. */
import { globSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { undocumentedExports } from './undocumented-exports.ts';

const root = fileURLToPath(new URL('../', import.meta.url));
const packages = globSync('{packages,operators}/*/package.json', { cwd: root }).map((file) =>
  join(root, dirname(file)),
);
const config = ts.getParsedCommandLineOfConfigFile(join(root, 'tsconfig.json'), undefined, {
  ...ts.sys,
  onUnRecoverableConfigFileDiagnostic: ({ messageText }) => {
    throw new Error(ts.flattenDiagnosticMessageText(messageText, '\n'));
  },
});
const found = undocumentedExports(packages, root, config?.options ?? {});
for (const { file, line, name } of found) {
  process.stderr.write(`${file}:${line} ${name} is exported and has no TSDoc\n`);
}
if (found.length > 0) process.exitCode = 1;
