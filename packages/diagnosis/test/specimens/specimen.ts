import type { Category, Confidence, Finding, Observation } from '../../src/index.ts';

/** A pod, or an owner without pods, and what must be said of it. */
export interface Specimen {
  /** A sentence: what happened to it. */
  readonly name: string;
  readonly observation: Observation;
  /** The findings in their order; none for one that is well. Only what is given here is compared. */
  readonly expected: readonly ExpectedFinding[];
}

export interface ExpectedFinding extends Partial<
  Pick<
    Finding,
    'mode' | 'container' | 'containerType' | 'severity' | 'remediation' | 'since' | 'nextQuestion'
  >
> {
  readonly category: Category;
  readonly confidence?: Confidence['level'];
  /** Among the rejected categories, in any order. */
  readonly rejected?: readonly Category[];
  /** Not among the rejected categories: nobody would think of them. */
  readonly notRejected?: readonly Category[];
  /** Found in the summary. */
  readonly says?: RegExp;
  /** Paths that the evidence must hold. */
  readonly paths?: readonly string[];
}

/** What differs from what was expected, one line each; empty when nothing does. */
export function differences(
  findings: readonly Finding[],
  expected: readonly ExpectedFinding[],
): readonly string[] {
  if (findings.length !== expected.length) {
    const names = findings.map(({ category, container }) => `${category} (${container ?? 'pod'})`);
    return [`${expected.length} findings expected, found: ${names.join(', ') || 'none'}`];
  }
  return findings.flatMap((finding, index) => {
    const wanted = expected[index];
    return wanted === undefined ? [] : differencesOf(finding, wanted);
  });
}

function differencesOf(finding: Finding, wanted: ExpectedFinding): readonly string[] {
  const found: string[] = [];
  type Compared = string | number | null | undefined;
  const compare = (what: string, actual: Compared, expected: Compared): void => {
    if (expected !== undefined && actual !== expected) {
      found.push(`${what}: ${String(actual)} instead of ${String(expected)}`);
    }
  };
  compare('category', finding.category, wanted.category);
  compare('mode', finding.mode, wanted.mode);
  compare('container', finding.container, wanted.container);
  compare('containerType', finding.containerType, wanted.containerType);
  compare('severity', finding.severity, wanted.severity);
  compare('remediation', finding.remediation, wanted.remediation);
  compare('since', finding.since, wanted.since);
  compare('nextQuestion', finding.nextQuestion, wanted.nextQuestion);
  compare('confidence', finding.confidence.level, wanted.confidence);
  for (const category of wanted.rejected ?? []) {
    const isRejected = finding.rejected.some((rejected) => rejected.category === category);
    if (!isRejected) found.push(`${category} is not among the rejected`);
  }
  for (const category of wanted.notRejected ?? []) {
    const isRejected = finding.rejected.some((rejected) => rejected.category === category);
    if (isRejected) found.push(`${category} is among the rejected`);
  }
  for (const path of wanted.paths ?? []) {
    const isShown = finding.evidence.some((evidence) => evidence.path === path);
    if (!isShown) found.push(`${path} is not among the evidence`);
  }
  if (wanted.says !== undefined && !wanted.says.test(finding.summary)) {
    found.push(`the summary is: ${finding.summary}`);
  }
  return found;
}
