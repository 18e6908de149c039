import { isJsonObject, memberOf } from '../schema/json-type.ts';

/** One step of a JSON path. */
export type JsonPathStep =
  | { readonly kind: 'member'; readonly name: string }
  | { readonly kind: 'index'; readonly index: number }
  | {
      readonly kind: 'slice';
      readonly from: number | undefined;
      readonly to: number | undefined;
      readonly step: number;
    }
  | { readonly kind: 'all' }
  | { readonly kind: 'descend'; readonly name: string }
  | { readonly kind: 'filter'; readonly test: FilterTest };

/** `[?(@.type=="Ready")]`, or `[?(@.name)]` for mere presence. */
export interface FilterTest {
  readonly left: FilterOperand;
  readonly operator: '==' | '!=' | '<' | '<=' | '>' | '>=' | 'exists';
  readonly right: FilterOperand | undefined;
}

/** One side of a comparison: a path from the element, or a constant. */
export type FilterOperand =
  | { readonly kind: 'path'; readonly steps: readonly JsonPathStep[] }
  | { readonly kind: 'constant'; readonly value: string | number | boolean | null };

/** A text that is no JSON path. */
export class JsonPathError extends Error {
  override readonly name = 'JsonPathError';
  readonly code = 'INVALID_JSON_PATH';
}

const QUOTED = /^'((?:[^'\\]|\\.)*)'|^"((?:[^"\\]|\\.)*)"/;

/** Reads a path from the front of a text, step by step. */
class PathReader {
  #rest: string;

  constructor(text: string) {
    this.#rest = text;
  }

  get rest(): string {
    return this.#rest;
  }

  /** Takes what the pattern matches at the front. */
  take(pattern: RegExp): RegExpExecArray | undefined {
    const found = pattern.exec(this.#rest);
    if (found?.index !== 0) return undefined;
    this.#rest = this.#rest.slice(found[0].length);
    return found;
  }

  steps(): JsonPathStep[] {
    const steps: JsonPathStep[] = [];
    while (this.#rest !== '') {
      // `['a.b']` is a path of its own: a dot in a key needs a backslash.
      const key = this.take(/^\.?\['((?:[^'\\]|\\.)*)'\]/)?.[1];
      if (key !== undefined) {
        steps.push(...keySteps(key));
        continue;
      }
      const step = this.#step();
      if (step === undefined) break;
      steps.push(step);
    }
    return steps;
  }

  #step(): JsonPathStep | undefined {
    if (this.take(/^\.\./) !== undefined) {
      const name = this.#name();
      if (name === undefined) throw new JsonPathError('recursive descent needs a name');
      return { kind: 'descend', name };
    }
    if (this.take(/^\.\*/) !== undefined) return { kind: 'all' };
    if (this.take(/^\.(?=\[)/) !== undefined) return this.#bracket();
    if (this.take(/^\./) !== undefined) {
      const name = this.#name();
      // A lone dot is the object itself.
      return name === undefined ? undefined : { kind: 'member', name };
    }
    return this.#rest.startsWith('[') ? this.#bracket() : undefined;
  }

  #name(): string | undefined {
    const found = this.take(/^(?:[^.[\]\s()'"=!<>&|,\\]|\\.)+/);
    return found?.[0].replace(/\\(.)/g, '$1');
  }

  #bracket(): JsonPathStep {
    this.take(/^\[/);
    if (this.take(/^\*\]/) !== undefined) return { kind: 'all' };
    const slice = this.take(/^(-?\d+)?:(-?\d+)?(?::(-?\d+))?\]/);
    if (slice !== undefined) {
      const bound = (text: string | undefined): number | undefined =>
        text === undefined ? undefined : Number(text);
      return {
        kind: 'slice',
        from: bound(slice[1]),
        to: bound(slice[2]),
        step: bound(slice[3]) ?? 1,
      };
    }
    const index = this.take(/^(-?\d+)\]/);
    if (index !== undefined) return { kind: 'index', index: Number(index[1]) };
    const quoted = this.take(QUOTED);
    if (quoted !== undefined) {
      this.#expect(/^\]/, 'unterminated array');
      return { kind: 'member', name: unquote(quoted) };
    }
    if (this.take(/^\?\(/) !== undefined) {
      const test = this.#filter();
      this.#expect(/^\s*\)\s*\]/, 'unterminated filter');
      return { kind: 'filter', test };
    }
    throw new JsonPathError(
      this.#rest.includes(']')
        ? `invalid array index ${this.#rest.slice(0, this.#rest.indexOf(']'))}`
        : 'unterminated array',
    );
  }

  #expect(pattern: RegExp, problem: string): void {
    if (this.take(pattern) === undefined) throw new JsonPathError(problem);
  }

  #filter(): FilterTest {
    const left = this.#operand();
    const operator = this.take(/^\s*(==|!=|<=|>=|<|>)\s*/)?.[1];
    if (operator === undefined) return { left, operator: 'exists', right: undefined };
    // The pattern above matches these operators only.
    return { left, operator: operator as FilterTest['operator'], right: this.#operand() };
  }

  #operand(): FilterOperand {
    this.take(/^\s+/);
    if (this.take(/^@/) !== undefined) return { kind: 'path', steps: this.steps() };
    const quoted = this.take(QUOTED);
    if (quoted !== undefined) return { kind: 'constant', value: unquote(quoted) };
    const word = this.take(/^-?[A-Za-z0-9.]+/)?.[0];
    if (word === 'true' || word === 'false') return { kind: 'constant', value: word === 'true' };
    if (word === 'null' || word === 'nil') return { kind: 'constant', value: null };
    if (word !== undefined && Number.isFinite(Number(word))) {
      return { kind: 'constant', value: Number(word) };
    }
    throw new JsonPathError(`unrecognized identifier ${word ?? this.#rest}`);
  }
}

function keySteps(key: string): JsonPathStep[] {
  const names = key.match(/(?:[^.\\]|\\.)+/g) ?? [];
  return names.map((name) => ({ kind: 'member', name: name.replace(/\\(.)/g, '$1') }));
}

function unquote(found: RegExpExecArray): string {
  return (found[1] ?? found[2] ?? '').replace(/\\(.)/g, '$1');
}

/**
 * Parses a JSON path as CustomResourceDefinitions use them: members, indexes, slices, wildcards, recursive descent and
 * filters with one comparison.
 *
 * @param text with or without braces around it, such as `.status.conditions[?(@.type=="Ready")].status`
 * @throws JsonPathError for anything else
 */
export function parseJsonPath(text: string): readonly JsonPathStep[] {
  const bare = /^\{(.*)\}$/s.exec(text)?.[1] ?? text;
  const reader = new PathReader(bare.replace(/^\$/, ''));
  const steps = reader.steps();
  if (reader.rest.trim() !== '') {
    throw new JsonPathError(`unrecognized character in action: ${reader.rest}`);
  }
  return steps;
}

function valuesOf(value: unknown): unknown[] {
  if (Array.isArray(value)) return value;
  return isJsonObject(value) ? Object.values(value) : [];
}

function descend(value: unknown, name: string): unknown[] {
  const own = isJsonObject(value) ? memberOf(value, name) : undefined;
  return [
    ...(own === undefined ? [] : [own]),
    ...valuesOf(value).flatMap((child) => descend(child, name)),
  ];
}

function operandOf(operand: FilterOperand, element: unknown): unknown {
  if (operand.kind === 'constant') return operand.value;
  const [value] = evaluateJsonPath(operand.steps, element);
  return value;
}

function passes(test: FilterTest, element: unknown): boolean {
  const left = operandOf(test.left, element);
  if (test.right === undefined) return left !== undefined;
  const right = operandOf(test.right, element);
  if (test.operator === '==') return left === right;
  if (test.operator === '!=') return left !== undefined && left !== right;
  // Only numbers with numbers and texts with texts have an order.
  const isOrdered =
    (typeof left === 'number' && typeof right === 'number') ||
    (typeof left === 'string' && typeof right === 'string');
  if (!isOrdered) return false;
  switch (test.operator) {
    case '<':
      return left < right;
    case '<=':
      return left <= right;
    case '>':
      return left > right;
    case '>=':
      return left >= right;
    case 'exists':
      return true;
  }
}

function sliceOf(
  value: readonly unknown[],
  step: Extract<JsonPathStep, { kind: 'slice' }>,
): unknown[] {
  const part = value.slice(step.from, step.to);
  return step.step > 1 ? part.filter((_, index) => index % step.step === 0) : part;
}

function applyStep(step: JsonPathStep, value: unknown): unknown[] {
  switch (step.kind) {
    case 'member': {
      const member = isJsonObject(value) ? memberOf(value, step.name) : undefined;
      return member === undefined ? [] : [member];
    }
    case 'index': {
      const element: unknown = Array.isArray(value) ? value.at(step.index) : undefined;
      return element === undefined ? [] : [element];
    }
    case 'slice':
      return Array.isArray(value) ? sliceOf(value, step) : [];
    case 'all':
      return valuesOf(value);
    case 'descend':
      return descend(value, step.name);
    case 'filter':
      return Array.isArray(value) ? value.filter((element) => passes(step.test, element)) : [];
  }
}

/** All values that a path leads to, in order; none when a part of it is absent. */
export function evaluateJsonPath(steps: readonly JsonPathStep[], root: unknown): unknown[] {
  return steps.reduce<unknown[]>(
    (values, step) => values.flatMap((value) => applyStep(step, value)),
    [root],
  );
}
