import type { ContainerRule, OwnerRule, PodRule } from './rule.ts';
import { admissionRules, unsaidRejectionRules } from './admission.ts';
import { configurationRules } from './configuration.ts';
import { createRules } from './create.ts';
import { creationRules } from './creation.ts';
import { deadlineRules } from './deadline.ts';
import { deletionRules, stuckDeletionRules } from './deletion.ts';
import { disruptionRules } from './disruption.ts';
import { ephemeralRules } from './ephemeral.ts';
import { evictionRules } from './eviction.ts';
import { exitRules } from './exits.ts';
import { hookRules, postStartRules } from './hooks.ts';
import { imageRules } from './images.ts';
import { jobRules } from './jobs.ts';
import { lostNodeRules, restartedNodeRules, silentKubeletRules } from './node.ts';
import { oomRules } from './oom.ts';
import { probeKillRules } from './probes.ts';
import { readinessGateRules } from './readiness-gates.ts';
import { runningProbeRules } from './running-probes.ts';
import { sandboxRules } from './sandbox.ts';
import { schedulingRules } from './scheduling.ts';
import { signalRules } from './signals.ts';
import { startRules } from './start.ts';
import { unsaidFailureRules } from './unsaid-failure.ts';
import { volumeRules } from './volumes.ts';

/** The rules in the order in which they are asked. The first that holds is the answer: what is specific comes first. */
export interface DecisionOrder {
  /**
   * About the whole pod: deletion, its own reason (evicted, rejected, deadline), disruption, scheduling, volumes and
   * sandbox. The first that holds also explains the containers, unless it says otherwise.
   */
  readonly pod: readonly PodRule[];
  /** About one suspect container: what keeps it from starting, then how its last life ended, then its probes. */
  readonly container: readonly ContainerRule[];
  /** About the whole pod, when no container is found to fail: readiness gates, a rejection in unknown words or none. */
  readonly remaining: readonly PodRule[];
  /** About an owner without pods. */
  readonly owner: readonly OwnerRule[];
}

/** Every rule there is. */
export const decisionOrder: DecisionOrder = {
  pod: [
    ...lostNodeRules,
    ...stuckDeletionRules,
    ...deadlineRules,
    ...evictionRules,
    ...admissionRules,
    ...disruptionRules,
    ...deletionRules,
    ...schedulingRules,
    ...silentKubeletRules,
    ...volumeRules,
    ...sandboxRules,
  ],
  container: [
    ...ephemeralRules,
    // What keeps it from starting now.
    ...imageRules,
    ...configurationRules,
    // How its last life ended: what a component says, then what the program says.
    ...restartedNodeRules,
    ...oomRules,
    ...postStartRules,
    ...startRules,
    ...createRules,
    // SIGTERM and SIGKILL of the kubelet look like ends of the program's own.
    ...probeKillRules,
    ...hookRules,
    ...signalRules,
    ...exitRules,
    // It runs, but not well.
    ...runningProbeRules,
  ],
  remaining: [...readinessGateRules, ...unsaidRejectionRules, ...unsaidFailureRules],
  owner: [...creationRules, ...jobRules],
};
