import { admissionSpecimens } from './admission.ts';
import { deadlineSpecimens } from './deadline.ts';
import { deletionSpecimens } from './deletion.ts';
import { disruptionSpecimens } from './disruption.ts';
import { evictionSpecimens } from './eviction.ts';
import { exitSpecimens } from './exits.ts';
import { nodeSpecimens } from './node.ts';
import { oomSpecimens } from './oom.ts';
import { ownerSpecimens } from './owners.ts';
import { sandboxSpecimens } from './sandbox.ts';
import { schedulingSpecimens } from './scheduling.ts';
import type { Specimen } from './specimen.ts';
import { volumeSpecimens } from './volumes.ts';

/** All specimens: each rule is recognised by some of them, and told from its look-alikes. */
export const specimens: readonly Specimen[] = [
  ...admissionSpecimens,
  ...deadlineSpecimens,
  ...deletionSpecimens,
  ...disruptionSpecimens,
  ...evictionSpecimens,
  ...exitSpecimens,
  ...nodeSpecimens,
  ...oomSpecimens,
  ...ownerSpecimens,
  ...sandboxSpecimens,
  ...schedulingSpecimens,
  ...volumeSpecimens,
];
