/** Bundles operators, each into the folder that its image is made of: `npm run bundle -- [OPERATOR…]`; without names all of them. */
import { join } from 'node:path';
import { bundleOperator, bundlePath } from '@kubewright/packaging';
import { findOperators, root } from './operators.ts';

const names = process.argv.slice(2);
const found = await findOperators();
const unknown = names.filter((name) => !found.some(({ operator }) => operator.name === name));
if (unknown.length > 0) {
  const known = found.map(({ operator }) => operator.name).join(', ');
  process.stderr.write(`bundle: there is no operator ${unknown.join(', ')}; known: ${known}\n`);
  process.exitCode = 2;
} else {
  for (const { operator, folder } of found) {
    if (names.length > 0 && !names.includes(operator.name)) continue;
    await bundleOperator(operator, join(root, folder));
    process.stdout.write(`${folder}/${bundlePath}\n`);
  }
}
