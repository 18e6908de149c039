import type { Evidence, Finding } from '@kubewright/diagnosis';
import type { Annotations } from '../crash/pod-annotations.ts';

/** Why the pod fails, in one line: `<Category>: <sentence>`. */
export const diagnosisAnnotation = 'diagnostics.local.io/diagnosis';

/** The same with its evidence, as JSON: the most severe finding. */
export const findingAnnotation = 'diagnostics.local.io/finding';

/** Longest line, in characters. */
export const maxDiagnosisLength = 400;

/** Longest JSON, in characters: annotations of an object share 256 KiB, and a pod is sent on every watch. */
export const maxFindingLength = 4096;

/** The annotations that say why; none when nothing was found. */
export function diagnosisAnnotations(findings: readonly Finding[]): Annotations {
  const [finding] = findings;
  if (finding === undefined) return {};
  const line = `${finding.category}: ${finding.summary}`;
  return {
    [diagnosisAnnotation]: cut(line, maxDiagnosisLength),
    [findingAnnotation]: bounded(finding),
  };
}

/** JSON within the bound: what can be done without goes first. */
function bounded(finding: Finding): string {
  const { logs, evidence } = finding;
  const lean = { ...finding, rejected: [], logs: undefined };
  const candidates: readonly object[] = [
    finding,
    { ...lean, logs: logs?.slice(0, 1) },
    lean,
    { ...lean, evidence: evidence.map(shorter) },
    { ...lean, evidence: evidence.slice(0, 3).map(shorter) },
  ];
  const texts = candidates.map((candidate) => JSON.stringify(candidate));
  const { mode, category, container, containerType, severity, remediation, confidence } = finding;
  const least = { mode, category, container, containerType, severity, remediation };
  return (
    texts.find((text) => text.length <= maxFindingLength) ??
    JSON.stringify({
      ...least,
      confidence: confidence.level,
      summary: cut(finding.summary, maxDiagnosisLength),
    })
  );
}

function shorter({ value, ...evidence }: Evidence): Evidence {
  return { ...evidence, value: typeof value === 'string' ? cut(value, 200) : value };
}

function cut(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1)}…`;
}
