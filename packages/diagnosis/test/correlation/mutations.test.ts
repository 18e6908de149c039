import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { after, before, describe, test } from 'node:test';
import { negatedConditions, type Mutant } from './mutants/conditions.ts';
import type * as immediate from './mutants/immediate-test.ts';

const detectors = new URL('../../src/correlation/incidents/', import.meta.url);
const immediateTest = new URL('mutants/immediate-test.ts', import.meta.url);
/** What is loaded anew for each mutant: what leads from the tests to the detectors. */
const reloaded = /\/packages\/diagnosis\/(?:src\/index\.ts|src\/correlation\/|test\/correlation\/)/;

/** The source that takes the place of a module, by its address with the number of the mutant. */
const changed = new Map<string, string>();

describe('a test of incidents notices each negated condition of', () => {
  let hooks: ReturnType<typeof registerHooks> | undefined;
  before(() => {
    hooks = registerHooks({
      resolve(specifier, context, next) {
        const mutant = context.parentURL?.split('?mutant=')[1];
        if (mutant === undefined) return next(specifier, context);
        if (specifier === 'node:test') return mutated(immediateTest, mutant);
        const found = next(specifier, context);
        return reloaded.test(found.url) ? mutated(new URL(found.url), mutant) : found;
      },
      load(url, context, next) {
        if (!url.includes('?mutant=')) return next(url, context);
        const source = changed.get(url);
        return source === undefined
          ? next(url, context)
          : { format: 'module-typescript', source, shortCircuit: true };
      },
    });
  });
  after(() => hooks?.deregister());

  for (const file of readdirSync(detectors)) {
    test(file, async () => {
      const source = readFileSync(new URL(file, detectors), 'utf8');
      const survivors: string[] = [];
      for (const mutant of negatedConditions(file, source)) {
        if (await survives(file, mutant)) survivors.push(mutant.name);
      }
      assert.deepEqual(survivors, []);
    });
  }
});

let mutants = 0;

async function survives(file: string, { source }: Mutant): Promise<boolean> {
  mutants += 1;
  const mutant = String(mutants);
  changed.set(withMutant(new URL(file, detectors), mutant), source);
  try {
    await import(withMutant(new URL('incidents.test.ts', import.meta.url), mutant));
  } catch {
    return false; // it does not even load
  }
  // Safe: it is the module above, in the instance of this mutant.
  const { failureCount } = (await import(withMutant(immediateTest, mutant))) as typeof immediate;
  return failureCount() === 0;
}

function withMutant(url: URL, mutant: string): string {
  return `${url.href}?mutant=${mutant}`;
}

function mutated(url: URL, mutant: string): { url: string; shortCircuit: true } {
  return { url: withMutant(url, mutant), shortCircuit: true };
}
