import { exitSpecimens } from './exits.ts';
import { oomSpecimens } from './oom.ts';
import type { Specimen } from './specimen.ts';

/** All specimens: each rule is recognised by some of them, and told from its look-alikes. */
export const specimens: readonly Specimen[] = [...oomSpecimens, ...exitSpecimens];
