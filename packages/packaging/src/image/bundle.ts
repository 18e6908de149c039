import { cp } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { build } from 'esbuild';
import type { OperatorDefinition } from '../operator-definition.ts';

/** Where the file of an operator is put, in the folder of the operator. */
export const bundlePath = 'dist/image/operator.mjs';

/**
 * Bundles an operator and all it needs into one file, {@link bundlePath}: readable, with the licence comments of what is in it. Its assets
 * are copied beside it. The folder `dist/image` is the content of the image.
 *
 * @param folder - Of the operator: its package.json is there.
 * @throws BuildFailure of esbuild, which has told on standard error what does not compile.
 */
export async function bundleOperator(
  operator: Pick<OperatorDefinition, 'main' | 'assets'>,
  folder: string,
): Promise<void> {
  await build({
    entryPoints: [join(folder, operator.main)],
    outfile: join(folder, bundlePath),
    bundle: true,
    platform: 'node',
    target: 'node22.18',
    format: 'esm',
    minify: false,
    sourcemap: false,
    legalComments: 'inline',
    logLevel: 'warning',
    // Some packages are CommonJS and ask for modules of Node by `require`.
    banner: {
      js: "import { createRequire as createNodeRequire } from 'node:module';\nconst require = createNodeRequire(import.meta.url);",
    },
  });
  for (const asset of operator.assets) {
    const target = join(folder, dirname(bundlePath), basename(asset));
    await cp(join(folder, asset), target, { recursive: true });
  }
}
