import type { ContainerFacts } from '../facts/index.ts';
import { isPlainlyWell, OwnerFacts, PodFacts } from '../facts/index.ts';
import {
  remediations,
  severities,
  type Finding,
  type Observation,
  type Remediation,
} from '../model/index.ts';
import { withKeepers } from '../desired-state/with-keepers.ts';
import { decisionOrder, type DecisionOrder } from '../rules/decision-order.ts';
import { asFarAsSeen } from './as-far-as-seen.ts';
import { findingOf, firstVerdict } from './conclude.ts';
import { withLogs } from './with-logs.ts';

/**
 * Why a pod fails, or why an owner cannot make one; the most severe first. Empty when nothing is wrong.
 *
 * Guarantees: pure, no I/O; never throws, whatever the objects hold; the same observation gives the same findings.
 * Each container that fails has a finding of its own, unless one about the whole pod explains it.
 *
 * @example
 * ```ts
 * import { diagnose } from '@kubewright/diagnosis';
 *
 * const findings = diagnose({ pod, events, now: new Date() });
 * for (const { category, container, summary } of findings) {
 *   console.log(category, container, summary);
 * }
 * ```
 */
export function diagnose(observation: Observation): readonly Finding[] {
  return diagnoseBy(decisionOrder, observation);
}

/** {@link diagnose} by other rules; for tests that change one and expect another answer. */
export function diagnoseBy(order: DecisionOrder, observation: Observation): readonly Finding[] {
  if (isPlainlyWell(observation)) return [];
  const findings = findingsOf(order, observation);
  const { earliest, ...rest } = observation;
  if (earliest === undefined || findings.length === 0) return findings;
  return asFarAsSeen(findings, findingsOf(order, { ...rest, now: earliest }));
}

function findingsOf(order: DecisionOrder, observation: Observation): readonly Finding[] {
  if (observation.pod !== undefined) {
    const pod = new PodFacts(observation);
    return diagnosePod(order, pod).map((finding) => withKeepers(finding, pod.related));
  }
  if (observation.owner !== undefined) {
    const owner = new OwnerFacts(observation);
    return diagnoseOwner(order, owner).map((finding) => withKeepers(finding, owner.related));
  }
  return [];
}

function diagnosePod(order: DecisionOrder, pod: PodFacts): readonly Finding[] {
  if (pod.isOfCompleteJob) return [];
  const ofPod = podFinding(order.pod, pod);
  if (ofPod?.explainsContainers === true) return [ofPod.finding];
  const findings = ofPod === undefined ? [] : [ofPod.finding];
  for (const container of pod.containers) {
    const finding = container.isSuspect ? containerFinding(order, container) : undefined;
    if (finding !== undefined) findings.push(finding);
  }
  if (findings.length === 0) {
    const remaining = podFinding(order.remaining, pod);
    if (remaining !== undefined) findings.push(remaining.finding);
  }
  return findings.length > 1 ? findings.sort(bySeverity) : findings;
}

function podFinding(
  rules: DecisionOrder['pod'],
  pod: PodFacts,
): { readonly finding: Finding; readonly explainsContainers: boolean } | undefined {
  const verdict = firstVerdict(rules, pod);
  if (verdict === undefined) return undefined;
  const { rule, conclusion } = verdict;
  const finding = findingOf(verdict, {
    container: conclusion.container?.name ?? null,
    containerType: conclusion.container?.type ?? null,
    severity: conclusion.severity ?? 'critical',
    remediation: lower(conclusion.remediation, pod),
    sinceMs: conclusion.sinceMs ?? pod.condition('Ready').at('lastTransitionTime').timeMs,
  });
  return { finding, explainsContainers: rule.explainsContainers ?? true };
}

function containerFinding(order: DecisionOrder, container: ContainerFacts): Finding | undefined {
  const verdict = firstVerdict(order.container, container);
  if (verdict === undefined) return undefined;
  const { conclusion } = verdict;
  const serving = container.isServing;
  const once = serving && container.restarts <= 1;
  const finding = findingOf(verdict, {
    container: container.name,
    containerType: container.type,
    severity: conclusion.severity ?? (serving ? 'warning' : 'critical'),
    // What is over after one restart needs nothing any more.
    remediation: once ? 'none' : lower(conclusion.remediation, container.pod),
    sinceMs: conclusion.sinceMs ?? failingSince(container),
  });
  return withLogs(finding, container);
}

function diagnoseOwner(order: DecisionOrder, owner: OwnerFacts): readonly Finding[] {
  const verdict = firstVerdict(order.owner, owner);
  if (verdict === undefined) return [];
  const { conclusion } = verdict;
  const finding = findingOf(verdict, {
    container: null,
    containerType: null,
    severity: conclusion.severity ?? 'critical',
    remediation: conclusion.remediation,
    sinceMs: conclusion.sinceMs,
  });
  return [finding];
}

/** The controllers that put a new pod in the place of one that is deleted, and want nothing else of it. */
const replacing: ReadonlySet<string | undefined> = new Set([
  'ReplicaSet',
  'StatefulSet',
  'DaemonSet',
  'ReplicationController',
]);

/**
 * The ceiling for this very pod: a Job retries by itself and counts its attempts, the kubelet restarts a static pod
 * whatever the API says, nobody replaces a bare pod, and what another kind of controller makes of a deletion is not
 * known: to a workflow it is a step that failed.
 */
function lower(remediation: Remediation, pod: PodFacts): Remediation {
  const kind = pod.controller.at('kind').text;
  if (kind === 'Job' || pod.isStatic) return 'none';
  return replacing.has(kind) ? remediation : least(remediation, 'report-only');
}

function least(one: Remediation, other: Remediation): Remediation {
  return remediations.indexOf(one) < remediations.indexOf(other) ? one : other;
}

function failingSince({ ended, pod }: ContainerFacts): number | undefined {
  return ended?.finishedAt.timeMs ?? pod.condition('Ready').at('lastTransitionTime').timeMs;
}

/** The most severe first; of equals what is not ready last, which may wait for another that fails. */
function bySeverity(one: Finding, other: Finding): number {
  const difference = severities.indexOf(one.severity) - severities.indexOf(other.severity);
  return difference || Number(isUnready(one)) - Number(isUnready(other));
}

function isUnready({ category }: Finding): boolean {
  return category === 'ReadinessProbeFailure';
}
