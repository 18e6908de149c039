import { admissionSpecimens } from './admission.ts';
import { configurationSpecimens } from './configuration.ts';
import { deadlineSpecimens } from './deadline.ts';
import { deletionSpecimens } from './deletion.ts';
import { disruptionSpecimens } from './disruption.ts';
import { evictionSpecimens } from './eviction.ts';
import { exitSpecimens } from './exits.ts';
import { hookSpecimens } from './hooks.ts';
import { imageSpecimens } from './images.ts';
import { nodeSpecimens } from './node.ts';
import { oomSpecimens } from './oom.ts';
import { ownerSpecimens } from './owners.ts';
import { probeSpecimens } from './probes.ts';
import { sandboxSpecimens } from './sandbox.ts';
import { schedulingSpecimens } from './scheduling.ts';
import { signalSpecimens } from './signals.ts';
import type { Specimen } from './specimen.ts';
import { startSpecimens } from './start.ts';
import { volumeSpecimens } from './volumes.ts';

/** All specimens: each rule is recognised by some of them, and told from its look-alikes. */
export const specimens: readonly Specimen[] = [
  ...admissionSpecimens,
  ...configurationSpecimens,
  ...deadlineSpecimens,
  ...deletionSpecimens,
  ...disruptionSpecimens,
  ...evictionSpecimens,
  ...exitSpecimens,
  ...hookSpecimens,
  ...imageSpecimens,
  ...nodeSpecimens,
  ...oomSpecimens,
  ...ownerSpecimens,
  ...probeSpecimens,
  ...sandboxSpecimens,
  ...schedulingSpecimens,
  ...signalSpecimens,
  ...startSpecimens,
  ...volumeSpecimens,
];
