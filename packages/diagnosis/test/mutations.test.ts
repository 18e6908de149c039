import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { diagnoseBy } from '../src/engine/diagnose.ts';
import { decisionOrder, type DecisionOrder } from '../src/rules/decision-order.ts';
import type { Condition, Conditions, Rule } from '../src/rules/rule.ts';
import { differences } from './specimens/specimen.ts';
import { specimens } from './specimens/index.ts';

type AnyRule = DecisionOrder[keyof DecisionOrder][number];
/** Rules of one kind; a change keeps the kind, which the compiler cannot see across the four lists. */
type SomeRule = Rule<never>;

/** One change of one rule, which some specimen must notice. */
interface Mutant {
  readonly name: string;
  readonly rule: AnyRule;
  /** What takes its place; undefined: nothing. */
  readonly changed: AnyRule | undefined;
}

const groups = ['when', 'unless', 'rejectedWhen'] as const;

describe('a specimen notices', () => {
  for (const rule of Object.values(decisionOrder).flat() as readonly AnyRule[]) {
    test(`each change of ${rule.name}`, () => {
      const survivors = mutantsOf(rule).filter(survives);
      assert.deepEqual(
        survivors.map(({ name }) => name),
        [],
      );
    });
  }
});

describe('the rules', () => {
  const rules: readonly AnyRule[] = Object.values(decisionOrder).flat();

  test('have names of their own', () => {
    const names = rules.map(({ name }) => name);
    assert.deepEqual(names, [...new Set(names)]);
  });

  test('have conditions', () => {
    const empty = rules.filter(({ when }) => Object.keys(when).length === 0);
    assert.deepEqual(
      empty.map(({ name }) => name),
      [],
    );
  });
});

function mutantsOf(rule: AnyRule): readonly Mutant[] {
  const mutants: Mutant[] = [{ name: 'without the rule', rule, changed: undefined }];
  for (const group of groups) {
    // Safe: a rule's conditions take the subject of that rule, and are put back into the same rule.
    const conditions = (rule as SomeRule)[group] ?? {};
    for (const [name, condition] of Object.entries(conditions)) {
      const { [name]: _removed, ...others } = conditions;
      const negated: Condition<never> = (subject) => condition(subject) === false && [];
      const change = (what: string, changed: Conditions<never>): Mutant => ({
        name: `${group}, ${what}: ${name}`,
        rule,
        changed: { ...rule, [group]: changed }, // the same rule but for its conditions
      });
      mutants.push(change('removed', others));
      mutants.push(change('negated', { ...conditions, [name]: negated }));
    }
  }
  return mutants;
}

function survives({ rule, changed }: Mutant): boolean {
  const order = Object.fromEntries(
    Object.entries(decisionOrder).map(([kind, rules]: [string, readonly AnyRule[]]) => [
      kind,
      rules.flatMap((each) => (each === rule ? (changed ?? []) : each)),
    ]),
  ) as unknown as DecisionOrder; // the same lists, one rule changed
  try {
    return specimens.every(
      ({ observation, expected }) =>
        differences(diagnoseBy(order, observation), expected).length === 0,
    );
  } catch {
    return false; // a conclusion that relied on the condition
  }
}
