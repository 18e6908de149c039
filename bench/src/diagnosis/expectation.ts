import type { Remediation, Snapshot } from '@kubewright/diagnosis';

/** What is known of a sample, because somebody made it fail or looked into it. */
export interface Expectation {
  readonly category: string;
  /** Further answers that are as good. */
  readonly alsoAccept: readonly string[];
  /** Undefined: of no container. */
  readonly container: string | undefined;
  readonly isHealthy: boolean;
  /** The most that is safe. */
  readonly remediation: Remediation;
  /** Names of the pods or owners that show it; empty: any may. */
  readonly subjects: readonly string[];
}

/** One moment of one pod, or of a namespace, with the right answer. */
export interface Sample {
  readonly name: string;
  readonly snapshot: Snapshot;
  readonly expected: Expectation;
}

/** The categories of pods that are well. */
export const wellCategories: ReadonlySet<string> = new Set(['Healthy', 'Starting', 'Completed']);
