import { categoryModes, type Category } from '../src/index.ts';
import { failureModes, pageNameOf, type FailureMode } from '../src/catalogue/failure-modes.ts';
import { decisionOrder } from '../src/rules/decision-order.ts';
import { prose } from './failure-mode-prose.ts';

/** What a page needs of a rule, whatever it is about. */
interface DocumentedRule {
  readonly name: string;
  readonly category: Category;
  readonly mode: number;
  readonly when: object;
  readonly unless?: object;
  readonly rejectedWhen?: object;
}

const numbers = Object.keys(failureModes).map((mode) => Number(mode) as FailureMode); // keys of the table

/** One page a failure mode and a list of them, by file name; generated from the rules plus prose. */
export function failureModePages(): ReadonlyMap<string, string> {
  const rules: readonly DocumentedRule[] = [
    ...decisionOrder.pod,
    ...decisionOrder.container,
    ...decisionOrder.remaining,
    ...decisionOrder.owner,
  ];
  return new Map([
    ['README.md', overview()],
    ...numbers.map((mode) => [pageNameOf(mode), page(mode, rules)] as const),
  ]);
}

function overview(): string {
  const rows = numbers.map(
    (mode) =>
      `| ${String(mode)} | [${prose[mode].title}](${pageNameOf(mode)}) | ${categoriesOf(mode).map(code).join(', ')} |`,
  );
  return lines(
    '# How pods fail',
    '',
    'One page a failure mode: what it looks like, why it happens, what to do, and how sure a diagnosis of it is. [`kubewright diagnose`](../../packages/cli/README.md) and the [PodDiagnoser](../pod-diagnoser.md) name the mode and the category.',
    '',
    '| Mode | What happens | Category |',
    '|---|---|---|',
    ...rows,
  );
}

function page(mode: FailureMode, rules: readonly DocumentedRule[]): string {
  const { title, looksLike, because, toDo, sure } = prose[mode];
  const own = rules.filter((rule) => rule.mode === mode);
  const categories = categoriesOf(mode, own);
  return lines(
    `# ${title}`,
    '',
    `Failure mode ${String(mode)}${categories.length === 0 ? '' : `, category ${categories.map(code).join(', ')}`}. [All modes](README.md).`,
    '',
    `**What it looks like.** ${looksLike}`,
    '',
    `**Why it happens.** ${because}`,
    '',
    `**What to do.** ${toDo}`,
    '',
    `**How sure.** ${sure}`,
    ...own.flatMap(ruleLines),
  );
}

function ruleLines(rule: DocumentedRule): string[] {
  return [
    '',
    `## Rule \`${rule.name}\``,
    '',
    `Concludes ${code(rule.category)} when`,
    '',
    ...bullets(rule.when),
    ...(rule.unless === undefined ? [] : ['', 'unless', '', ...bullets(rule.unless)]),
    ...(rule.rejectedWhen === undefined
      ? []
      : ['', 'It looks like it, and is not, when', '', ...bullets(rule.rejectedWhen)]),
  ];
}

function bullets(conditions: object): string[] {
  return Object.keys(conditions).map((name) => `- ${name}`);
}

function categoriesOf(mode: number, rules: readonly DocumentedRule[] = []): string[] {
  const named = Object.entries(categoryModes)
    .filter(([, modes]) => (modes as readonly number[]).includes(mode))
    .map(([category]) => category);
  return [...new Set([...named, ...rules.map(({ category }) => category)])];
}

function code(text: string): string {
  return `\`${text}\``;
}

function lines(...all: readonly string[]): string {
  return `${all.join('\n')}\n`;
}
