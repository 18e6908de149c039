/**
 * Makes the checkout ready to run, once: npm scripts call it before they do their work. Plain JavaScript
 * that an older Node can run too, because it is what brings the Node that everything else runs on.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { accessSync, constants, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const modules = join(root, 'node_modules');
const stamp = join(modules, '.kubewright-setup');
const ownNode = join(modules, '.bin', process.platform === 'win32' ? 'node.cmd' : 'node');

/** @param {string} message @returns {never} */
function fail(message) {
  console.error(`setup: ${message}`);
  process.exit(1);
}

/** @param {string} command @param {string[]} args */
function run(command, args) {
  return spawnSync(command, args, {
    cwd: root,
    stdio: ['ignore', 2, 2],
    shell: process.platform === 'win32',
  });
}

function ownNodeVersion() {
  const answer = spawnSync(ownNode, ['--version'], {
    encoding: 'utf8',
    shell: process.platform === 'win32',
  });
  return answer.status === 0 ? answer.stdout.trim() : undefined;
}

const major = Number(process.versions.node.split('.')[0]);
if (major < 20) {
  fail(
    `Node ${process.versions.node} is too old to install the project: install Node 20 or later ` +
      '(https://nodejs.org). The project then brings its own Node 24.',
  );
}

const wanted = createHash('sha256')
  .update(readFileSync(join(root, 'package-lock.json')))
  .digest('hex');
const done = existsSync(stamp) ? readFileSync(stamp, 'utf8') : '';
if (done === wanted && existsSync(ownNode)) process.exit(0);

try {
  accessSync(root, constants.W_OK);
} catch {
  fail(
    `no permission to write to ${root}: the dependencies are installed there. Use a clone of your own.`,
  );
}

console.error('setup: installing the dependencies (once; about half a minute) …');
const npm = process.env['npm_execpath'];
const install = ['ci', '--no-audit', '--no-fund', '--loglevel=error'];
const installed =
  npm === undefined ? run('npm', install) : run(process.execPath, [npm, ...install]);
if (installed.status !== 0) {
  fail(
    'the dependencies could not be installed: see the messages of npm above. Is the npm registry reachable?',
  );
}
if (ownNodeVersion() === undefined) {
  // An npm that holds back install scripts leaves out the step that fetches the program.
  run(process.execPath, [join(modules, 'node', 'installArchSpecificPackage.js')]);
}
const version = ownNodeVersion();
if (version === undefined) {
  fail(
    `the package "node" holds no program for ${process.platform}-${process.arch}: install Node 24 and run the npm script again.`,
  );
}
writeFileSync(stamp, wanted);
console.error(`setup: done, on Node ${version}`);
