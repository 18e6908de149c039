import { glob } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { OperatorDefinition } from '@kubewright/packaging';

/** Root of the repository. */
export const root = fileURLToPath(new URL('../', import.meta.url));

/** An operator of this repository. */
export interface FoundOperator {
  /** From the root of the repository. */
  readonly folder: string;
  readonly operator: OperatorDefinition;
}

/** The operators of this repository that say what is deployed of them, by folder: those with a `kubewright.config.ts`. */
export async function findOperators(): Promise<readonly FoundOperator[]> {
  const found: FoundOperator[] = [];
  const configs: string[] = [];
  for await (const config of glob('operators/*/kubewright.config.ts', { cwd: root })) {
    configs.push(config);
  }
  for (const config of configs.sort()) {
    // Safe: what such a file must export; a missing one is told below.
    const { operator } = (await import(join(root, config))) as { operator?: OperatorDefinition };
    if (operator === undefined) throw new TypeError(`${config} exports no "operator"`);
    found.push({ folder: dirname(config), operator });
  }
  return found;
}
