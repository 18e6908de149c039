import type { CelInput } from '@bufbuild/cel';
import type { FieldError } from '../field-error.ts';
import { formatValue } from '../schema/go-number.ts';
import { equalJson, isJsonObject, jsonTypeOf, memberOf } from '../schema/json-type.ts';
import { correlatedItem } from '../schema/list-topology.ts';
import type { CelRule, StructuralSchema } from '../schema/structural-schema.ts';
import { toCelValue } from './cel-values.ts';
import type { CompiledExpression } from './compile-expression.ts';
import type { EvaluationBudget } from './evaluation-budget.ts';
import { optionalOf } from './optional-values.ts';

/** One rule, ready to be checked. */
export interface CompiledRule {
  readonly rule: CelRule;
  readonly condition: CompiledExpression;
  /** Makes the message; undefined when the rule has none that is computed. */
  readonly message: CompiledExpression | undefined;
  /** Added to the path of the node: the field that is to blame. */
  readonly fieldPath: string;
}

/** A node of a schema that has rules, on itself or below. */
export interface RuleNode {
  readonly schema: StructuralSchema;
  readonly rules: readonly CompiledRule[];
  readonly properties: ReadonlyMap<string, RuleNode>;
  readonly additional: RuleNode | undefined;
  readonly items: RuleNode | undefined;
}

interface Previous {
  readonly value: unknown;
}

/** Longest computed message, in characters, as in the API server. */
const MAX_MESSAGE_LENGTH = 5120;

/** Scalars are repeated in a message, objects and lists are not. */
function shownValue(value: unknown): string {
  return isJsonObject(value) || Array.isArray(value) ? '' : ` ${formatValue(value)}:`;
}

function brokenRule(field: string, value: unknown, rule: CelRule, message: string): FieldError {
  switch (rule.reason) {
    case 'FieldValueForbidden':
      return { type: 'FieldValueForbidden', field, message: `Forbidden: ${message}` };
    case 'FieldValueRequired':
      return { type: 'FieldValueRequired', field, message: `Required value: ${message}` };
    case 'FieldValueDuplicate': {
      const shown = shownValue(value).replace(/:$/, '');
      return {
        type: 'FieldValueDuplicate',
        field,
        message: shown === '' ? 'Duplicate value' : `Duplicate value:${shown}`,
      };
    }
    default:
      return {
        type: 'FieldValueInvalid',
        field,
        message: `Invalid value:${shownValue(value)} ${message}`,
      };
  }
}

function variablesOf(
  self: CelInput,
  oldSelf: CelInput | undefined,
  isOldSelfOptional: boolean,
): Record<string, CelInput> {
  if (isOldSelfOptional) return { self, oldSelf: optionalOf(oldSelf) };
  return oldSelf === undefined ? { self } : { self, oldSelf };
}

/** What the API server says of a rule that cannot be evaluated; the rule follows. */
function failure(cause: string): string {
  return cause.startsWith('no such overload')
    ? `'${cause}': call arguments did not match a supported operator, function or macro signature for`
    : `${cause} evaluating`;
}

class RuleWalk {
  readonly errors: FieldError[] = [];
  readonly #budget: EvaluationBudget;

  constructor(budget: EvaluationBudget) {
    this.#budget = budget;
  }

  visit(node: RuleNode, value: unknown, path: string, old: Previous | undefined): void {
    if (value === null || value === undefined || this.#budget.isExhausted) return;
    if (node.rules.length > 0) this.#check(node, value, path, old);
    if (Array.isArray(value)) {
      const { items } = node;
      if (items === undefined) return;
      const correlate = correlatedItem(node.schema, old?.value);
      for (const [index, item] of value.entries()) {
        this.visit(items, item, `${path}[${index}]`, correlate(item));
      }
      return;
    }
    if (!isJsonObject(value)) return;
    for (const [name, member] of Object.entries(value)) {
      const isProperty = node.schema.properties?.has(name) === true;
      const child = isProperty ? node.properties.get(name) : node.additional;
      if (child === undefined) continue;
      const previous =
        isJsonObject(old?.value) && Object.hasOwn(old.value, name)
          ? { value: memberOf(old.value, name) }
          : undefined;
      const childPath = isProperty ? (path === '' ? name : `${path}.${name}`) : `${path}[${name}]`;
      this.visit(child, member, childPath, previous);
    }
  }

  #check(node: RuleNode, value: unknown, path: string, old: Previous | undefined): void {
    // What did not change was accepted before; transition rules look at the change itself.
    const isUnchanged = old !== undefined && equalJson(old.value, value);
    const self = toCelValue(node.schema, value);
    const oldSelf =
      old === undefined || old.value === null ? undefined : toCelValue(node.schema, old.value);
    for (const rule of node.rules) {
      const { usesOldSelf } = rule.condition;
      const isOldSelfOptional = rule.rule.optionalOldSelf === true;
      const mustHaveOld = usesOldSelf && !isOldSelfOptional;
      if (mustHaveOld ? oldSelf === undefined : !usesOldSelf && isUnchanged) continue;
      const variables = variablesOf(self, oldSelf, isOldSelfOptional);
      const field = `${path}${rule.fieldPath}`.replace(/^\./, '');
      const place = field === '' ? '<nil>' : field;
      try {
        if (rule.condition.evaluate(variables) === true) continue;
      } catch (error) {
        const cause = error instanceof Error ? error.message : String(error);
        const text = rule.rule.message?.trim() ?? '';
        this.errors.push({
          type: 'FieldValueInvalid',
          field: path === '' ? '<nil>' : path,
          message: `Invalid value: "${jsonTypeOf(value)}": ${failure(cause)} rule: ${text === '' ? rule.rule.rule.trim() : text}`,
        });
        if (this.#budget.isExhausted) return;
        continue;
      }
      this.errors.push(brokenRule(place, value, rule.rule, this.#message(rule, variables)));
    }
  }

  #message(rule: CompiledRule, variables: Parameters<CompiledExpression['evaluate']>[0]): string {
    try {
      const computed = rule.message?.evaluate(variables);
      const isUsable =
        typeof computed === 'string' &&
        computed.trim() !== '' &&
        !computed.includes('\n') &&
        computed.length <= MAX_MESSAGE_LENGTH;
      if (isUsable) return computed.trim();
    } catch {
      // A message that cannot be made gives way to the fixed one, as in the API server.
    }
    const { message, rule: source } = rule.rule;
    if (message !== undefined && message.trim() !== '') return message.trim();
    return `failed rule: ${source.trim()}`;
  }
}

/**
 * Checks the rules of a value, node by node.
 *
 * @param old the value stored before; rules that do not look at it are skipped where nothing changed
 * @param budget what all of them may cost together
 */
export function checkRules(
  root: RuleNode,
  value: unknown,
  old: { readonly value: unknown } | undefined,
  budget: EvaluationBudget,
): readonly FieldError[] {
  const walk = new RuleWalk(budget);
  walk.visit(root, value, '', old);
  return walk.errors;
}
