import { sanitizeText, type JsonValue } from '@kubewright/apimachinery';
import type {
  Evidence,
  Finding,
  Incident,
  ObjectRef,
  Severity,
  Subject,
} from '@kubewright/diagnosis';
import type { Diagnosis } from './diagnose-cluster.ts';

/** How text is set off; the plain one returns it as it is. */
export type Paint = (
  style: 'bold' | 'dim' | 'red' | 'yellow' | 'green' | 'cyan',
  text: string,
) => string;

/** What a report is printed with. */
export interface ReportTextOptions {
  readonly paint: Paint;
  /** Width to wrap at, in columns. */
  readonly columns: number;
  /** With the evidence, the rejected alternatives and what would change the answer. */
  readonly isDetailed: boolean;
}

/** Most healthy pods and members that are named. */
const maxNames = 8;

/**
 * A report for a person: what is wrong first, most severe first, then how many are well. Of the members of an incident that fail in
 * the same way one is shown, in detail all. Everything that comes from the cluster is made safe for a terminal.
 */
export function reportText(
  { report: { subjects, incidents }, unreadable, isWhole }: Diagnosis,
  options: ReportTextOptions,
): string {
  const { paint } = options;
  const unwell = subjects.filter(({ healthy }) => !healthy);
  const shown = options.isDetailed ? unwell : withoutLikes(unwell, incidents);
  const left = unwell.length - shown.length;
  const folded = `${count(left, 'member')} of incidents ${left === 1 ? 'fails' : 'fail'} like one that is shown; --verbose shows all`;
  const summary = isWhole || subjects.length > 0 ? summaryText(subjects, paint) : untold;
  const blocks = [
    ...incidents.map((incident) => incidentText(incident, options)),
    ...shown.map((subject) => subjectText(subject, options)),
    left === 0 ? summary : `${summary}\n${paint('dim', folded)}`,
  ];
  if (unreadable.length > 0) {
    blocks.push(
      [
        paint('yellow', `Could not be read${isWhole ? ', and would have helped' : ''}:`),
        ...unreadable.map(({ what, why }) => `  ${sanitizeText(what)}: ${sanitizeText(why)}`),
      ].join('\n'),
    );
  }
  return `${blocks.join('\n\n')}\n`;
}

/** The subjects without those members of an incident that fail as another member of it does. */
function withoutLikes(
  subjects: readonly Subject[],
  incidents: readonly Incident[],
): readonly Subject[] {
  const incidentOf = new Map(
    incidents.flatMap(({ members }, index) => members.map((ref) => [refText(ref), index] as const)),
  );
  const seen = new Set<string>();
  return subjects.filter((subject) => {
    const incident = incidentOf.get(refText(subject));
    if (incident === undefined) return true;
    const failure = subject.findings.map(({ category, container }) => [category, container]);
    const key = JSON.stringify([incident, failure]);
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}

const colors: Readonly<Record<Severity, 'red' | 'yellow' | 'cyan'>> = {
  critical: 'red',
  warning: 'yellow',
  info: 'cyan',
};

function incidentText(incident: Incident, options: ReportTextOptions): string {
  const { paint } = options;
  const { category, severity, summary, members, advice, evidence, changes = [] } = incident;
  const lines = [
    `${paint(colors[severity], '●')} ${paint('bold', 'Incident')}  ${paint(colors[severity], category)}  (${count(members.length, 'member')})`,
    ...wrap(summary, 4, options),
    ...changes.map(
      ({ path, before, after }) =>
        `    ${paint('dim', sanitizeText(path))}: ${sanitizeText(before ?? 'absent')} → ${sanitizeText(after ?? 'absent')}`,
    ),
    ...wrap(`Members: ${namesOf(members)}`, 4, options),
    ...labelled('Do', advice, options),
  ];
  if (options.isDetailed) lines.push(...evidenceLines(evidence, options));
  return lines.join('\n');
}

function subjectText(
  { kind, namespace, name, findings }: Subject,
  options: ReportTextOptions,
): string {
  const { paint } = options;
  const title = sanitizeText(`${kind} ${namespace === undefined ? '' : `${namespace}/`}${name}`);
  const color = colors[findings[0]?.severity ?? 'info'];
  return [
    `${paint(color, '●')} ${paint('bold', title)}`,
    ...findings.map((finding) => findingText(finding, options)),
  ].join('\n');
}

function findingText(finding: Finding, options: ReportTextOptions): string {
  const { paint } = options;
  const { category, container, containerType, severity, summary, confidence, since } = finding;
  const place =
    container === null
      ? ''
      : `  ${paint('dim', sanitizeText(`${containerType ?? ''} container ${container}`))}`;
  const lines = [
    `  ${paint(colors[severity], category)}${place}`,
    ...wrap(summary, 4, options),
    ...logLines(finding, options),
    ...labelled('Do', finding.advice, options),
    ...(finding.nextQuestion === undefined ? [] : labelled('Next', finding.nextQuestion, options)),
    ...labelled('Sure', `${confidence.level}: ${confidence.because}`, options),
  ];
  if (since !== undefined) lines.push(...labelled('Since', since, options));
  lines.push(...labelled('More', finding.reference, options));
  if (options.isDetailed) {
    lines.push(...evidenceLines(finding.evidence, options));
    for (const { category: other, because } of finding.rejected) {
      lines.push(...labelled('Not', `${other}: ${because}`, options));
    }
    if (finding.wouldChange !== undefined)
      lines.push(...labelled('Unless', finding.wouldChange, options));
    lines.push(...labelled('Safe', finding.remediation, options));
  }
  return lines.join('\n');
}

function logLines({ logs = [] }: Finding, { paint }: ReportTextOptions): string[] {
  return logs.flatMap(({ life, lines }) =>
    lines.map(
      (line, index) =>
        `    ${paint('dim', `${index === 0 ? `${life} log` : ''.padEnd(life.length + 4)} │`)} ${sanitizeText(line)}`,
    ),
  );
}

function evidenceLines(evidence: readonly Evidence[], { paint }: ReportTextOptions): string[] {
  return evidence.map(({ object, path, value }) => {
    const where = object === undefined ? '' : `${refText(object)} `;
    return `    ${paint('dim', 'Seen  ')}  ${sanitizeText(`${where}${path}`)} = ${sanitizeText(valueText(value))}`;
  });
}

function valueText(value: JsonValue): string {
  return value === null ? 'nothing' : JSON.stringify(value);
}

/** `2 members`. */
function count(number: number, noun: string): string {
  return `${String(number)} ${noun}${number === 1 ? '' : 's'}`;
}

const untold = 'Nothing can be told.';

function summaryText(subjects: readonly Subject[], paint: Paint): string {
  if (subjects.length === 0) return 'There is no pod, and no owner that cannot make its pods.';
  const well = subjects.filter(({ healthy }) => healthy);
  const unwell = subjects.length - well.length;
  const parts: string[] = [];
  if (unwell > 0) parts.push(paint('red', `${String(unwell)} unhealthy`));
  parts.push(paint('green', `${String(well.length)} healthy`));
  const others = [...Map.groupBy(well, ({ state }) => state)]
    .filter(([state]) => state !== 'Healthy')
    .map(([state, group]) => `${String(group.length)} ${state}`);
  return `${parts.join(', ')}${others.length === 0 ? '' : ` (of these ${others.join(', ')})`}`;
}

function namesOf(members: readonly ObjectRef[]): string {
  const shown = members.slice(0, maxNames).map(refText).join(', ');
  return members.length > maxNames
    ? `${shown} and ${String(members.length - maxNames)} more`
    : shown;
}

function refText({ kind, namespace, name }: ObjectRef): string {
  return `${kind} ${namespace === undefined ? '' : `${namespace}/`}${name}`;
}

function labelled(label: string, text: string, options: ReportTextOptions): string[] {
  const [first = '', ...rest] = wrap(text, 12, options);
  return [`    ${options.paint('dim', label.padEnd(6))}  ${first.trimStart()}`, ...rest];
}

/** Breaks text at blanks; a word that is longer than a line stands alone. */
function wrap(text: string, indent: number, { columns }: ReportTextOptions): string[] {
  const width = Math.max(20, columns - indent);
  const lines: string[] = [];
  let line = '';
  for (const word of sanitizeText(text).split(/\s+/)) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  lines.push(line);
  return lines.map((each) => `${' '.repeat(indent)}${each}`);
}
