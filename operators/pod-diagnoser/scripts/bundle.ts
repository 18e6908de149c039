/** Bundles the operator and all it needs into dist/operator.mjs: readable, with the licence comments of what is in it. */
import { join } from 'node:path';
import { build } from 'esbuild';

const root = join(import.meta.dirname, '..');

await build({
  entryPoints: [join(root, 'src', 'main.ts')],
  outfile: join(root, 'dist', 'operator.mjs'),
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
