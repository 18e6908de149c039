import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleOperator, bundlePath } from '@kubewright/packaging';
import { findOperators } from '../../../scripts/operators.ts';
import { run } from '../shell.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));
/** Makes an image from a folder and gives it to the node. */
const imageProgram = process.env['IMAGE_PROGRAM'] ?? join(root, '../shared/cluster/image');

async function image(name: string, folder: string, program: string): Promise<void> {
  const env = { NODE: join(root, 'node_modules/node/bin/node') };
  await run(imageProgram, [name, '--node', folder, '/bin/node', program], { env });
}

/** Builds the images of operators and of fragile-app, as their recipes do, and gives them to the node. */
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
}
