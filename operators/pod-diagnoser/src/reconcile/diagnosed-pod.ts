import { diagnose } from '@kubewright/diagnosis';
import type { Finding } from '@kubewright/diagnosis';
import type { PodEvents } from '../diagnosis/pod-events.ts';
import type { CrashedPod } from './crashed-pods.ts';

/** A crashed pod, and why it fails as far as that is known. */
export interface DiagnosedPod extends CrashedPod {
  /** Most severe first; empty when its crash is over. */
  readonly findings: readonly Finding[];
}

/** Says why a crashed pod fails, from what is in the caches. */
export function diagnosePod(crashed: CrashedPod, events: PodEvents, now: Date): DiagnosedPod {
  const { pod } = crashed;
  return { ...crashed, findings: diagnose({ pod, events: events.about(pod), now }) };
}
