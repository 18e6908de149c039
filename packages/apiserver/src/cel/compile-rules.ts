import type { FieldError } from '../field-error.ts';
import { forbidden, invalid, required } from '../field-error.ts';
import type { RuleChecker } from '../schema/custom-schema.ts';
import type { CelRule, StructuralSchema } from '../schema/structural-schema.ts';
import { createEnvironment } from './cel-environment.ts';
import { optionalType, type CelType } from './cel-types.ts';
import { checkRules, type CompiledRule, type RuleNode } from './check-rules.ts';
import { compileExpression, type CompiledExpression } from './compile-expression.ts';
import { RULE_COST_LIMIT, SCHEMA_COST_LIMIT } from './estimate-cost.ts';
import { EvaluationBudget } from './evaluation-budget.ts';
import { resolveFieldPath } from './field-path.ts';
import { celTypeOf, occurrencesWithin } from './schema-types.ts';

/** The rules of a schema, compiled; or why they cannot be. */
export interface CompiledRules {
  /** Broken rules, as causes of a refused definition. */
  readonly errors: readonly FieldError[];
  /** Checks objects. */
  readonly checker: RuleChecker & {
    /** Checks a value of the schema that is no whole object (a default). */
    checkValue(value: unknown): readonly FieldError[];
  };
}

const REASONS = [
  'FieldValueDuplicate',
  'FieldValueForbidden',
  'FieldValueInvalid',
  'FieldValueRequired',
];

const HINT =
  '(try simplifying the rule, or adding maxItems, maxProperties, and maxLength where arrays, maps, and strings are declared)';

/** How the API server prints a rule inside of a message. */
function describeRule(rule: CelRule): string {
  return JSON.stringify({
    Rule: rule.rule,
    Message: rule.message ?? '',
    MessageExpression: rule.messageExpression ?? '',
    Reason: rule.reason ?? null,
    FieldPath: rule.fieldPath ?? '',
    OptionalOldSelf: rule.optionalOldSelf ?? null,
  }).replace(/[<>&]/g, (found) => `\\u00${found.charCodeAt(0).toString(16)}`);
}

function ruleError(field: string, rule: CelRule, detail: string): FieldError {
  return {
    type: 'FieldValueInvalid',
    field,
    message: `Invalid value: ${describeRule(rule)}: ${detail}`,
  };
}

function excess(cost: number, limit: number): string {
  const factor = cost / limit;
  return factor > 100 ? 'more than 100x' : `${factor.toFixed(1)}x`;
}

/** Where the compiler stands. */
interface Place {
  readonly path: string;
  /** How often the node occurs in one object at most. */
  readonly occurrences: number;
  /** Where a list begins whose elements have no counterpart in the old object; undefined above all such lists. */
  readonly uncorrelated: string | undefined;
}

class RuleCompiler {
  readonly errors: FieldError[] = [];
  readonly #budget = new EvaluationBudget();
  readonly #environment = createEnvironment(this.#budget);
  /** Costs of all rules, with the field of each. */
  readonly #costs: { readonly field: string; readonly cost: number }[] = [];
  readonly #rootPath: string;

  constructor(rootPath: string) {
    this.#rootPath = rootPath;
  }

  get budget(): EvaluationBudget {
    return this.#budget;
  }

  compile(schema: StructuralSchema, isRoot: boolean, place: Place): RuleNode | undefined {
    const rules = schema.celRules.length === 0 ? [] : this.#rules(schema, isRoot, place);
    const properties = new Map<string, RuleNode>();
    for (const [name, property] of schema.properties ?? []) {
      const node = this.compile(property, false, {
        ...place,
        path: `${place.path}.properties[${name}]`,
      });
      if (node !== undefined) properties.set(name, node);
    }
    const times = place.occurrences * occurrencesWithin(schema);
    const additional =
      schema.additionalProperties === undefined
        ? undefined
        : this.compile(schema.additionalProperties, false, {
            ...place,
            path: `${place.path}.additionalProperties`,
            occurrences: times,
          });
    const items =
      schema.items === undefined
        ? undefined
        : this.compile(schema.items, false, {
            path: `${place.path}.items`,
            occurrences: times,
            uncorrelated:
              place.uncorrelated ?? (schema.listType === 'map' ? undefined : place.path),
          });
    if (
      rules.length === 0 &&
      properties.size === 0 &&
      additional === undefined &&
      items === undefined
    ) {
      return undefined;
    }
    return { schema, rules, properties, additional, items };
  }

  /** The limit for all rules together; to be called last. */
  checkTotal(): void {
    const total = this.#costs.reduce((sum, { cost }) => sum + cost, 0);
    if (total <= SCHEMA_COST_LIMIT) return;
    for (const { field, cost } of this.#costs) {
      // Small rules are not to blame.
      if (cost < SCHEMA_COST_LIMIT / 100) continue;
      this.errors.push(
        forbidden(
          field,
          'contributed to estimated rule cost total exceeding cost limit for entire OpenAPIv3 schema',
        ),
      );
    }
    this.errors.push(
      forbidden(
        this.#rootPath,
        `x-kubernetes-validations estimated rule cost total for entire OpenAPIv3 schema exceeds budget by factor of ${excess(total, SCHEMA_COST_LIMIT)} ${HINT}`,
      ),
    );
  }

  #rules(schema: StructuralSchema, isRoot: boolean, place: Place): CompiledRule[] {
    const field = `${place.path}.x-kubernetes-validations`;
    const self = celTypeOf(schema, 'object', isRoot || schema.embeddedResource === true);
    if (self === undefined) {
      this.errors.push({
        type: 'InternalError',
        field,
        message:
          'Internal error: internal error: failed to construct type information for x-kubernetes-validations rules: unable to convert structural schema to CEL declarations',
      });
      return [];
    }
    return schema.celRules.flatMap((rule, index) => {
      const compiled = this.#rule(schema, rule, self, `${field}[${index}]`, place);
      return compiled === undefined ? [] : [compiled];
    });
  }

  #rule(
    schema: StructuralSchema,
    rule: CelRule,
    self: CelType,
    field: string,
    place: Place,
  ): CompiledRule | undefined {
    const { message } = rule;
    if (rule.rule.trim() === '') {
      this.errors.push(required(`${field}.rule`, 'rule is not specified'));
      return undefined;
    }
    if (message !== undefined && message !== '') {
      if (message.trim() === '') {
        this.errors.push(invalid(`${field}.message`, message, 'must be non-empty if specified'));
      } else if (message.trim().includes('\n')) {
        this.errors.push(invalid(`${field}.message`, message, 'must not contain line breaks'));
      }
    } else if (rule.rule.trim().includes('\n') && (rule.messageExpression ?? '') === '') {
      this.errors.push(
        required(`${field}.message`, 'message must be specified if rule contains line breaks'),
      );
    }
    if (rule.reason !== undefined && !REASONS.includes(rule.reason)) {
      this.errors.push({
        type: 'FieldValueNotSupported',
        field: `${field}.reason`,
        message: `Unsupported value: ${JSON.stringify(rule.reason)}: supported values: ${REASONS.map((reason) => JSON.stringify(reason)).join(', ')}`,
      });
    }
    const fieldPath = this.#fieldPath(schema, rule, field);
    const variables = new Map([
      ['self', self],
      ['oldSelf', rule.optionalOldSelf === true ? optionalType(self) : self],
    ]);
    const condition = this.#expression(rule, 'rule', variables, field, place);
    const text = this.#expression(rule, 'messageExpression', variables, field, place);
    if (rule.optionalOldSelf === true && condition?.usesOldSelf !== true) {
      this.errors.push(
        invalid(`${field}.optionalOldSelf`, true, 'may not be set if oldSelf is not used in rule'),
      );
    }
    if (condition === undefined) return undefined;
    if (condition.usesOldSelf && place.uncorrelated !== undefined) {
      this.errors.push(
        invalid(
          `${field}.rule`,
          rule.rule,
          `oldSelf cannot be used on the uncorrelatable portion of the schema within ${place.uncorrelated}`,
        ),
      );
    }
    return { rule, condition, message: text, fieldPath };
  }

  #fieldPath(schema: StructuralSchema, rule: CelRule, field: string): string {
    if (rule.fieldPath === undefined || rule.fieldPath === '') return '';
    const path = resolveFieldPath(schema, rule.fieldPath);
    if (path === undefined) {
      this.errors.push(invalid(`${field}.fieldPath`, rule.fieldPath, 'must be a valid path'));
    }
    return path ?? '';
  }

  #expression(
    rule: CelRule,
    member: 'rule' | 'messageExpression',
    variables: ReadonlyMap<string, CelType>,
    field: string,
    place: Place,
  ): CompiledExpression | undefined {
    const source = rule[member];
    if (source === undefined || source === '') return undefined;
    const place2 = `${field}.${member}`;
    const isRule = member === 'rule';
    const compilation = compileExpression(this.#environment, source, variables);
    if (compilation.kind === 'refused') {
      const prefix = isRule ? 'compilation failed' : 'messageExpression compilation failed';
      this.errors.push(ruleError(place2, rule, `${prefix}: ${compilation.problem}`));
      return undefined;
    }
    const { expression } = compilation;
    const wanted = isRule ? 'bool' : 'string';
    if (expression.result.kind !== 'primitive' || expression.result.name !== wanted) {
      this.errors.push(
        ruleError(
          place2,
          rule,
          isRule
            ? 'cel expression must evaluate to a bool'
            : 'messageExpression must evaluate to a string',
        ),
      );
      return undefined;
    }
    const cost = expression.cost * place.occurrences;
    if (cost > RULE_COST_LIMIT) {
      const what = isRule ? 'rule' : 'messageExpression';
      this.errors.push(
        forbidden(
          place2,
          `estimated ${what} cost exceeds budget by factor of ${excess(cost, RULE_COST_LIMIT)} ${HINT}`,
        ),
      );
    }
    this.#costs.push({ field: place2, cost });
    return expression;
  }
}

/**
 * Compiles all rules (`x-kubernetes-validations`) of a schema, at every depth.
 *
 * @param path where the schema stands in its definition, for the errors
 */
export function compileRules(schema: StructuralSchema, path: string): CompiledRules {
  const compiler = new RuleCompiler(path);
  const root = compiler.compile(schema, true, { path, occurrences: 1, uncorrelated: undefined });
  compiler.checkTotal();
  const check = (value: unknown, old: { readonly value: unknown } | undefined) => {
    if (root === undefined) return [];
    compiler.budget.refill();
    return checkRules(root, value, old, compiler.budget);
  };
  return {
    errors: compiler.errors,
    checker: {
      check: (object, old) => check(object, old === undefined ? undefined : { value: old }),
      checkValue: (value) => check(value, undefined),
    },
  };
}
