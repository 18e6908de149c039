import { copyFile, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from '../shell.ts';

const root = new URL('../../../', import.meta.url);
const path = (relative: string): string => fileURLToPath(new URL(relative, root));
/** Makes an image from a folder and gives it to the node. */
const imageProgram = process.env['IMAGE_PROGRAM'] ?? path('../shared/cluster/image');

async function image(
  name: string,
  files: Readonly<Record<string, string>>,
  command: readonly string[],
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'kubewright-image-'));
  try {
    for (const [target, source] of Object.entries(files)) {
      await mkdir(join(folder, target, '..'), { recursive: true });
      await copyFile(path(source), join(folder, target));
    }
    const env = { NODE: path('node_modules/node/bin/node') };
    await run(imageProgram, [name, '--node', folder, ...command], { env });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Builds the images of the operator and of the app, as their recipes do, and gives them to the node. */
export async function loadImages(): Promise<void> {
  await run(process.execPath, [path('scripts/bundle.ts'), 'pod-diagnoser']);
  const operator = { 'operator.mjs': 'operators/pod-diagnoser/dist/image/operator.mjs' };
  await image('pod-diagnoser:0.1.0', operator, ['/bin/node', '/operator.mjs']);
  const app = {
    'server.js': 'apps/fragile-app/server.js',
    'package.json': 'apps/fragile-app/package.json',
  };
  await image('fragile-app:latest', app, ['/bin/node', '/server.js']);
}
