import { plainText, redactText } from '@kubewright/apimachinery';
import { pageOf } from '../catalogue/failure-modes.ts';
import type { Field } from '../facts/index.ts';
import type { Category, Evidence, Finding, Rejected } from '../model/index.ts';
import type { Conclusion, Condition, Conditions, Rule } from '../rules/rule.ts';

/** A rule that holds for a subject, what it rests on, and what was considered besides. */
export interface Verdict<Subject, Named extends Rule<Subject>> {
  readonly rule: Named;
  readonly conclusion: Conclusion;
  readonly evidence: readonly Evidence[];
  readonly rejected: readonly Rejected[];
}

/** Asks the rules in their order; undefined when none holds. */
export function firstVerdict<Subject, Named extends Rule<Subject>>(
  rules: readonly Named[],
  subject: Subject,
): Verdict<Subject, Named> | undefined {
  const asked = listsOf<Subject, Named>(rules);
  let excepted: readonly RuleLists<Subject>[] = [];
  // Without entries(), which makes two objects a step: this loop is where the time of a diagnosis goes.
  let position = -1;
  for (const lists of asked) {
    position++;
    const proof = holdAll(lists.when, subject);
    if (proof === undefined) continue;
    if (firstThatHolds(lists.unless, subject) !== undefined) {
      excepted = [...excepted, lists];
      continue;
    }
    const { rule } = lists;
    const shows = rule.shows?.(subject).filter((field) => field.isPresent) ?? [];
    return {
      rule,
      conclusion: rule.concludes(subject),
      evidence: evidenceOf([...proof, ...shows]),
      rejected: rejectedBy(asked, position, excepted, subject),
    };
  }
  return undefined;
}

/** The finding of a verdict, but for what depends on the kind of subject. */
export function findingOf<Subject>(
  { rule, conclusion, evidence, rejected }: Verdict<Subject, Rule<Subject>>,
  rest: Pick<Finding, 'container' | 'containerType' | 'severity' | 'remediation'> & {
    readonly sinceMs: number | undefined;
  },
): Finding {
  const { nextQuestion, wouldChange, cause } = conclusion;
  return {
    mode: rule.mode,
    category: rule.category,
    container: rest.container,
    containerType: rest.containerType,
    severity: rest.severity,
    summary: clean(conclusion.summary),
    evidence,
    rejected,
    confidence: {
      level: conclusion.confidence.level,
      because: clean(conclusion.confidence.because),
    },
    remediation: rest.remediation,
    advice: clean(conclusion.advice),
    reference: pageOf(rule.mode),
    ...(nextQuestion === undefined ? {} : { nextQuestion: clean(nextQuestion) }),
    ...(wouldChange === undefined ? {} : { wouldChange: clean(wouldChange) }),
    ...(cause === undefined ? {} : { cause }),
    ...(rest.sinceMs === undefined ? {} : { since: timestamp(rest.sinceMs) }),
  };
}

interface NamedCondition<Subject> {
  readonly name: string;
  readonly holds: Condition<Subject>;
}

/** The conditions of a rule as lists, which are walked many times faster than records. */
interface RuleLists<Subject, Named extends Rule<Subject> = Rule<Subject>> {
  readonly rule: Named;
  readonly when: readonly NamedCondition<Subject>[];
  readonly unless: readonly NamedCondition<Subject>[];
  readonly rejectedWhen: readonly NamedCondition<Subject>[];
}

/** By the list of rules; there are as many as kinds of subjects. */
const listsOfRules = new WeakMap<readonly object[], readonly object[]>();

function listsOf<Subject, Named extends Rule<Subject>>(
  rules: readonly Named[],
): readonly RuleLists<Subject, Named>[] {
  // Safe: what is kept for these very rules was made from them below.
  const known = listsOfRules.get(rules) as readonly RuleLists<Subject, Named>[] | undefined;
  if (known !== undefined) return known;
  const lists = rules.map((rule) => ({
    rule,
    when: listOf(rule.when),
    unless: listOf(rule.unless),
    rejectedWhen: listOf(rule.rejectedWhen),
  }));
  listsOfRules.set(rules, lists);
  return lists;
}

function listOf<Subject>(conditions: Conditions<Subject> = {}): readonly NamedCondition<Subject>[] {
  return Object.entries(conditions).map(([name, holds]) => ({ name, holds }));
}

function holdAll<Subject>(
  conditions: readonly NamedCondition<Subject>[],
  subject: Subject,
): readonly Field[] | undefined {
  let fields: readonly Field[] = none;
  for (const { holds } of conditions) {
    const proof = holds(subject);
    if (proof === false) return undefined;
    fields = fields.length === 0 ? proof : [...fields, ...proof];
  }
  return fields;
}

const none: readonly Field[] = [];

/** Name of the first condition that holds. */
function firstThatHolds<Subject>(
  conditions: readonly NamedCondition<Subject>[],
  subject: Subject,
): string | undefined {
  for (const { name, holds } of conditions) {
    if (holds(subject) !== false) return name;
  }
  return undefined;
}

/**
 * The other categories that come to mind, each with one reason: a condition spoke against it, it only looks like it, or
 * it holds as well and says less.
 *
 * @param position - Of the rule that holds. Those before it do not, and of them `excepted` would but for an exception.
 */
function rejectedBy<Subject>(
  rules: readonly RuleLists<Subject>[],
  position: number,
  excepted: readonly RuleLists<Subject>[],
  subject: Subject,
): readonly Rejected[] {
  const winner = rules[position]?.rule.category;
  const rejected = new Map<Category, string>();
  let index = -1;
  for (const lists of rules) {
    index++;
    const { category } = lists.rule;
    if (category === winner || rejected.has(category)) continue;
    const fits =
      index < position ? excepted.includes(lists) : holdAll(lists.when, subject) !== undefined;
    const because = fits
      ? (firstThatHolds(lists.unless, subject) ??
        `it fits as well, but ${winner} comes closer to the cause`)
      : firstThatHolds(lists.rejectedWhen, subject);
    if (because !== undefined) rejected.set(category, because);
  }
  return [...rejected].map(([category, because]) => ({ category, because }));
}

/** Each field once. */
function evidenceOf(fields: readonly Field[]): readonly Evidence[] {
  const byPlace = new Map<string, Evidence>();
  for (const field of fields) {
    const { place } = field;
    if (!byPlace.has(place)) byPlace.set(place, field.evidence);
  }
  return [...byPlace.values()];
}

const maxSentences = 600;
/** A text that may hold names and messages of a cluster, as one line that is safe to show, without secrets. */
function clean(text: string): string {
  const line = redactText(plainText(text).replace(/\s+/g, ' ').trim());
  return line.length <= maxSentences ? line : `${line.slice(0, maxSentences - 1)}…`;
}

function timestamp(ms: number): string {
  return new Date(ms).toISOString().replace('.000Z', 'Z');
}
