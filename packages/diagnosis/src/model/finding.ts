import type { JsonValue } from '@kubewright/apimachinery';
import type { Category } from './category.ts';

/** What kind of container a finding speaks of; a sidecar is an init container that restarts. */
export type ContainerType = 'app' | 'init' | 'sidecar' | 'ephemeral';

/** How much it matters: the pod does not work, it works badly, or it is on its way and worth knowing. */
export const severities = ['critical', 'warning', 'info'] as const;

/** One of {@link severities}. */
export type Severity = (typeof severities)[number];

/**
 * The most that is safe to do without a person; doing less is never wrong.
 *
 * - `none`: nothing; it ends by itself, or any action makes it worse.
 * - `report-only`: say it; the fix is in a spec or outside the cluster.
 * - `cleanup-safe`: delete a failed pod that its controller has already replaced.
 * - `delete-if-owned`: delete the pod so that its controller makes a new one, which helps here.
 */
export const remediations = ['none', 'report-only', 'cleanup-safe', 'delete-if-owned'] as const;

/** One of {@link remediations}. */
export type Remediation = (typeof remediations)[number];

/** Names an object; the namespace is absent for cluster-scoped ones. */
export interface ObjectRef {
  /** Such as `Pod`. */
  readonly kind: string;
  /** Absent for cluster-scoped objects. */
  readonly namespace?: string;
  /** Name of the object. */
  readonly name: string;
}

/**
 * One thing that was seen.
 *
 * Guarantee: the path, looked up in the object as it was given, leads to the value (`resolveEvidence` does that).
 * Secrets that can be told by their form or name are replaced; strings longer than the bound are cut and end in `…`.
 */
export interface Evidence {
  /** Where it was seen. Absent: in the subject itself. */
  readonly object?: ObjectRef;
  /** Path in the JSON of the object: `status.containerStatuses[0].lastState.terminated.reason`. In a log: `lines[12]`. */
  readonly path: string;
  /** What is there; null where the absence itself is what was seen. */
  readonly value: JsonValue;
}

/** An answer that was considered, and why it is not the one. */
export interface Rejected {
  readonly category: Category;
  /** One sentence. */
  readonly because: string;
}

/** How sure a finding is: `high` rests on what a component said itself, `medium` on arithmetic or a telling text, `low` on what is left. */
export interface Confidence {
  /** How sure it is. */
  readonly level: 'high' | 'medium' | 'low';
  /** One sentence. */
  readonly because: string;
}

/** Why a pod, or an owner that cannot make its pods, fails. */
export interface Finding {
  /** Number of the failure mode, as in `docs/failure-modes`. */
  readonly mode: number;
  readonly category: Category;
  /** Name of the container; null when it is about the whole subject. */
  readonly container: string | null;
  readonly containerType: ContainerType | null;
  readonly severity: Severity;
  /** One sentence for a person on call. */
  readonly summary: string;
  /** What it rests on; never empty. */
  readonly evidence: readonly Evidence[];
  /** Other answers that were looked at; may be empty. */
  readonly rejected: readonly Rejected[];
  readonly confidence: Confidence;
  readonly remediation: Remediation;
  /** What a person does about it: one to three short sentences. */
  readonly advice: string;
  /** Address of the page about the failure mode. */
  readonly reference: string;
  /** The question to ask next, with a command where one answers it; absent when nothing is open. */
  readonly nextQuestion?: string;
  /** What, if seen, would make this finding wrong; absent when nothing would. */
  readonly wouldChange?: string;
  /**
   * The object behind it, where one can be named: a missing Secret, a full node, a quota, a claim. It need not exist.
   * Findings of different subjects with the same cause are one incident.
   */
  readonly cause?: ObjectRef;
  /** When the failure that is seen began, RFC 3339 in UTC; absent when it cannot be known. */
  readonly since?: string;
  /** What the logs say of it; secrets and control characters are removed. */
  readonly logs?: readonly LogExcerpt[];
}

/** Telling lines of a log. */
export interface LogExcerpt {
  /** Name of the container. */
  readonly container: string;
  /** Of the life of the container that is over, or of the one that runs. */
  readonly life: 'current' | 'previous';
  /** Name of what they say, such as `missing-module`, or `last-words` where nothing is known but how the log ends. */
  readonly signature: string;
  /** What they say, in words that follow `<container>: `, without a full stop. */
  readonly summary: string;
  /** What it is about: a module, `host:port`, a path, a variable. Equal targets in several pods speak of one cause. */
  readonly target?: string;
  /** The program's runtime where it could be told. */
  readonly runtime?: ProgramRuntime;
  /** What a person does about it. */
  readonly advice: string;
  /** Where the first telling line stands in the log as it was given, counted from 0. */
  readonly line: number;
  /** At most a few, each bounded. */
  readonly lines: readonly string[];
}

/** The runtimes whose stack traces are known. */
export type ProgramRuntime = 'node' | 'python' | 'java' | 'go' | 'rust' | 'dotnet' | 'ruby' | 'php';
