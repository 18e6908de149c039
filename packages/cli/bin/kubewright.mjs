#!/usr/bin/env node
// Plain JavaScript that an older Node can run too, so that it can say what is missing.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major > 22 || (major === 22 && minor >= 18)) {
  await import('../src/main.ts');
} else {
  // The project brings its own Node; npm scripts and npx find it, a direct call may not.
  const own = [1, 2, 3, 4, 5]
    .map((up) =>
      fileURLToPath(new URL(`${'../'.repeat(up)}node_modules/.bin/node`, import.meta.url)),
    )
    .find((path) => existsSync(path));
  if (own === undefined) {
    process.stderr.write(
      `kubewright: Node ${process.versions.node} is too old: install Node 22.18 or later (https://nodejs.org)\n`,
    );
    process.exitCode = 1;
  } else {
    const { status, signal } = spawnSync(own, process.argv.slice(1), { stdio: 'inherit' });
    process.exitCode = signal === null ? (status ?? 1) : 130;
  }
}
