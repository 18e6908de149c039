import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleOperator, bundlePath } from '@kubewright/packaging';
import { findOperators } from '../../../scripts/operators.ts';
import { run } from '../shell.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));
/** Makes an image from a folder and gives it to the node. */
const imageProgram = process.env['IMAGE_PROGRAM'] ?? join(root, '../shared/cluster/image');

/** A busybox that needs no library, as Debian's busybox-static installs it. */
const busybox = process.env['BUSYBOX'] ?? '/bin/busybox';

/**
 * Makes an image and gives it to the node.
 *
 * @param content - Folder that becomes its root, and its command; `--node` before them adds Node as /bin/node.
 */
export async function makeImage(name: string, content: readonly string[]): Promise<void> {
  const env = { NODE: join(root, 'node_modules/node/bin/node') };
  await run(imageProgram, [name, ...content], { env });
}

async function image(name: string, folder: string, program: string): Promise<void> {
  await makeImage(name, ['--node', folder, '/bin/node', program]);
}

/** Makes the image `busybox` of the one on this machine. */
async function busyboxImage(): Promise<void> {
  if (!existsSync(busybox)) {
    throw new Error(
      `there is no ${busybox}: install it (Debian: apt-get install busybox-static), or set BUSYBOX to its path`,
    );
  }
  const content = await mkdtemp(join(tmpdir(), 'kubewright-image-'));
  try {
    const bin = join(content, 'bin');
    await mkdir(bin);
    await cp(busybox, join(bin, 'busybox'), { dereference: true });
    for (const program of ['echo', 'sh']) await symlink('busybox', join(bin, program));
    await run(imageProgram, ['busybox:latest', content, '/bin/sh']);
  } finally {
    await rm(content, { recursive: true, force: true });
  }
}

/** Builds the images of operators and of fragile-app as their recipes do, and for the echoperator that of busybox, and gives them to the node. */
export async function loadImages(names: readonly string[] = ['pod-diagnoser']): Promise<void> {
  for (const { operator, folder } of await findOperators()) {
    if (!names.includes(operator.name)) continue;
    await bundleOperator(operator, join(root, folder));
    const content = join(root, folder, bundlePath, '..');
    await image(`${operator.image}:${operator.version}`, content, '/operator.mjs');
  }
  const app = await mkdtemp(join(tmpdir(), 'kubewright-image-'));
  try {
    for (const file of ['server.js', 'package.json']) {
      await cp(join(root, 'apps/fragile-app', file), join(app, file));
    }
    await image('fragile-app:latest', app, '/server.js');
  } finally {
    await rm(app, { recursive: true, force: true });
  }
  if (names.includes('echoperator')) await busyboxImage();
}
