import type { Category, HealthyState } from './category.ts';
import type { Confidence, Evidence, Finding, ObjectRef, Remediation, Severity } from './finding.ts';

/** One pod, or an owner that has none, and what is wrong with it. */
export interface Subject extends ObjectRef {
  /** Whether nothing is wrong: there is no finding. */
  readonly healthy: boolean;
  /** The category of the first finding, or what the subject is in when nothing is wrong. */
  readonly state: Category | HealthyState;
  /** Most severe first. */
  readonly findings: readonly Finding[];
}

/**
 * Where automatic actions wait while an incident lasts, because they would not help, or would make it worse.
 *
 * - `members`: on the members.
 * - `namespace`: on all pods of the members' namespaces: what is deleted there does not come back.
 * - `node`: on all pods of the node that is the cause.
 * - `cluster`: everywhere.
 */
export type HeldScope = 'members' | 'namespace' | 'node' | 'cluster';

/** One cause behind the failures of several subjects. */
export interface Incident {
  readonly category: Category;
  readonly severity: Severity;
  /** One sentence for a person on call. */
  readonly summary: string;
  /** The subjects that it explains, sorted by namespace and name; a subject is in one incident at most. */
  readonly members: readonly ObjectRef[];
  /** The object behind it, where one can be named: a Deployment, a node, a Secret, a quota. */
  readonly cause?: ObjectRef;
  /** What it rests on; never empty. */
  readonly evidence: readonly Evidence[];
  readonly confidence: Confidence;
  /** When the first member began to fail, RFC 3339 in UTC; absent when it cannot be known. */
  readonly since?: string;
  /** Where automatic actions wait while it lasts. */
  readonly holds: HeldScope;
  /** The most that is safe to do about all of them together. */
  readonly remediation: Remediation;
  /** What a person does about it: one to three short sentences. */
  readonly advice: string;
  /** The two pod templates' differences, for a bad rollout: path, before, after. */
  readonly changes?: readonly TemplateChange[];
}

/** One difference between the pod templates of two revisions. */
export interface TemplateChange {
  /** Path in the pod template, such as `spec.containers[0].image`. */
  readonly path: string;
  /** JSON of the value, secrets removed; absent: was not there. */
  readonly before?: string;
  /** JSON of the value, secrets removed; absent: is there no more. */
  readonly after?: string;
}

/** The diagnosis of a snapshot. */
export interface Report {
  /** Sorted by namespace and name. */
  readonly subjects: readonly Subject[];
  /** Widest first. */
  readonly incidents: readonly Incident[];
}
