import type { Remediation, Snapshot } from '@kubewright/diagnosis';

/** What a diagnoser says of one pod or owner. */
export interface Answer {
  /** Name of the pod or owner. */
  readonly subject: string;
  readonly isHealthy: boolean;
  /** Its first answer; of a healthy one what it is in, where the diagnoser says that. */
  readonly category?: string;
  readonly container?: string | undefined;
  /** The boldest of what it holds for safe. */
  readonly remediation?: Remediation;
}

/** Something that looks at pods and says what is wrong. */
export interface Diagnoser {
  readonly name: string;
  readonly diagnose: (snapshot: Snapshot) => readonly Answer[];
}
