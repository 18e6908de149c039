import {
  describeType,
  isDynamic,
  isOptionalType,
  joinTypes,
  listOf,
  mapOf,
  maxSizeOf,
  optionalType,
  primitive,
  type CelType,
} from './cel-types.ts';
import { ExpressionError, type ExpressionProblem } from './expression-error.ts';
import { isBinding } from './expression-writer.ts';
import {
  nodesOf,
  writtenText,
  type ExpressionNode,
  type ParsedExpression,
} from './expression-nodes.ts';
import { withSize } from './result-sizes.ts';
import { overloadsOf, resolveCall, TYPE_NAMES } from './overloads.ts';

/** What a node of one kind holds. */
type NodeValue<Case extends ExpressionNode['exprKind']['case']> = Extract<
  ExpressionNode['exprKind'],
  { readonly case: Case }
>['value'];

/** What checking found out: the type of each node, by its number. */
export interface CheckedTypes {
  readonly result: CelType;
  typeOf(node: ExpressionNode): CelType;
  /** Where the API server points at when it speaks of a node, as an offset. */
  placeOf(node: ExpressionNode): number;
}

type Scope = ReadonlyMap<string, CelType>;

/** Parts of the API server's CEL that this server does not have; a rule that uses them is refused, not ignored. */
const UNAVAILABLE = new Set([
  'format',
  'transformList',
  'transformMap',
  'transformMapEntry',
  'flatten',
  'lists',
]);

/** Macros with more variables than the parser expands: what is left of them looks like calls. */
const UNAVAILABLE_MACROS = new Set([
  'all',
  'exists',
  'exists_one',
  'existsOne',
  'transformList',
  'transformMap',
  'transformMapEntry',
]);

class Checker {
  readonly #source: string;
  readonly #positions: Readonly<Record<string, number>>;
  readonly #types = new Map<bigint, CelType>();
  readonly problems: ExpressionProblem[] = [];

  constructor(parsed: ParsedExpression, source: string) {
    this.#source = source;
    this.#positions = parsed.sourceInfo?.positions ?? {};
  }

  typeOf(node: ExpressionNode): CelType {
    return this.#types.get(node.id) ?? primitive('dyn');
  }

  check(node: ExpressionNode, scope: Scope): CelType {
    const type = this.#check(node, scope);
    this.#types.set(node.id, type);
    return type;
  }

  #check(node: ExpressionNode, scope: Scope): CelType {
    const { exprKind } = node;
    switch (exprKind.case) {
      case 'constExpr':
        return constantType(exprKind.value.constantKind);
      case 'identExpr':
        return this.#identifier(node, exprKind.value.name, scope);
      case 'selectExpr':
        return this.#select(node, exprKind.value, scope);
      case 'callExpr':
        return this.#call(node, exprKind.value, scope);
      case 'listExpr':
        return this.#list(exprKind.value, scope);
      case 'structExpr':
        return this.#map(node, exprKind.value, scope);
      case 'comprehensionExpr':
        return this.#comprehension(exprKind.value, scope);
      default:
        return this.#problem(this.#offset(node), 'unsupported expression');
    }
  }

  #offset(node: ExpressionNode): number {
    const offset = this.#positions[String(node.id)] ?? 0;
    // The parser counts the space before an operator as a part of it.
    return offset + (/^\s*/.exec(this.#source.slice(offset))?.[0].length ?? 0);
  }

  /** The question mark of a conditional: the parser knows only where the condition begins. */
  #questionMark(condition: ExpressionNode | undefined): number {
    const last = Math.max(
      0,
      ...nodesOf(condition).map((node) => this.#positions[String(node.id)] ?? 0),
    );
    return Math.max(0, this.#source.indexOf('?', last));
  }

  /** Where the API server points at when it speaks of a node. */
  placeOf(node: ExpressionNode): number {
    const { exprKind } = node;
    const offset = this.#offset(node);
    const isSelection = exprKind.case === 'selectExpr' && !exprKind.value.testOnly;
    if (!isSelection && this.#source[offset] === '.') return this.#callOffset(node, true);
    if (exprKind.case === 'selectExpr' && !isSelection) return this.#callOffset(node, false);
    if (exprKind.case !== 'callExpr') return offset;
    const { function: name, args } = exprKind.value;
    if (name === '_?_:_') return this.#questionMark(args[0]);
    return /^[A-Za-z]/.test(name) ? this.#callOffset(node, false) : offset;
  }

  #mismatch(node: ExpressionNode, expected: CelType, found: CelType): CelType {
    const types = `'${describeType(expected)}' but found '${describeType(found)}'`;
    return this.#problem(this.placeOf(node), `expected type ${types}`);
  }

  /** Notes a problem; the value in question then fits anything, so that it is told once. */
  #problem(offset: number, message: string): CelType {
    this.problems.push({ message, offset });
    return primitive('dyn');
  }

  /** The opening parenthesis of a call: where the API server points at. */
  #callOffset(node: ExpressionNode, isMember: boolean): number {
    const offset = this.#offset(node);
    const pattern = isMember
      ? /\.\s*[A-Za-z_][A-Za-z0-9_]*\s*\(/y
      : /[A-Za-z_][A-Za-z0-9_.]*\s*\(/y;
    pattern.lastIndex = offset;
    const found = pattern.exec(this.#source);
    return found === null ? offset : offset + found[0].length - 1;
  }

  #identifier(node: ExpressionNode, name: string, scope: Scope): CelType {
    const known = scope.get(name);
    if (known !== undefined) return known;
    if (TYPE_NAMES.has(name)) return primitive('type');
    return this.#problem(this.#offset(node), unknownName(name));
  }

  #select(node: ExpressionNode, select: NodeValue<'selectExpr'>, scope: Scope): CelType {
    const { operand, field, testOnly } = select;
    if (operand === undefined) return this.#problem(this.#offset(node), 'unsupported expression');
    // `authorizer.requestResource` is the name of a variable.
    const { exprKind } = operand;
    const qualified = exprKind.case === 'identExpr' ? `${exprKind.value.name}.${field}` : '';
    const variable = testOnly ? undefined : scope.get(qualified);
    if (variable !== undefined) return variable;
    const type = this.check(operand, scope);
    const offset = testOnly ? this.#callOffset(node, false) : this.#offset(node);
    const result = this.#heldFieldType(offset, type, field);
    return testOnly ? primitive('bool') : result;
  }

  /** A field of what an optional holds is an optional itself. */
  #heldFieldType(offset: number, type: CelType, field: string): CelType {
    return isOptionalType(type)
      ? optionalType(this.#fieldType(offset, type.value, field))
      : this.#fieldType(offset, type, field);
  }

  #optionalSelect(node: ExpressionNode, args: readonly ExpressionNode[], scope: Scope): CelType {
    const [operand, field] = args;
    const name = writtenText(field);
    if (operand === undefined || name === undefined) {
      return this.#problem(this.#offset(node), 'unsupported optional field selection');
    }
    const type = this.#heldFieldType(this.#offset(node), this.check(operand, scope), name);
    return isOptionalType(type) ? type : optionalType(type);
  }

  #fieldType(offset: number, type: CelType, field: string): CelType {
    if (isDynamic(type)) return primitive('dyn');
    if (type.kind === 'map') return type.value;
    if (type.kind === 'object') {
      const known = type.fields.get(field);
      if (known !== undefined) return known;
      return this.#problem(offset, `undefined field '${field}'`);
    }
    const name = describeType(type);
    if (name.startsWith('kubernetes.authorization.')) {
      return this.#problem(offset, `unexpected failed resolution of '${name}'`);
    }
    return this.#problem(offset, `type '${name}' does not support field selection`);
  }

  #call(node: ExpressionNode, call: NodeValue<'callExpr'>, scope: Scope): CelType {
    const { function: name, args } = call;
    let { target } = call;
    let functionName = name;
    // `sets.contains(…)` parses like a method of something called sets.
    const qualifier =
      target?.exprKind.case === 'identExpr' ? target.exprKind.value.name : undefined;
    if (
      qualifier !== undefined &&
      !scope.has(qualifier) &&
      overloadsOf(`${qualifier}.${name}`) !== undefined
    ) {
      functionName = `${qualifier}.${name}`;
      target = undefined;
    }
    if (functionName === '_?._') return this.#optionalSelect(node, args, scope);
    if (functionName === 'has') {
      return this.#problem(this.#offset(args[0] ?? node), 'invalid argument to has() macro');
    }
    if (UNAVAILABLE_MACROS.has(functionName) && args.length > 1) {
      return this.#problem(
        this.#callOffset(node, call.target !== undefined),
        `macro '${functionName}' with ${args.length} arguments is not available in this API server`,
      );
    }
    const targetType = target === undefined ? undefined : this.check(target, scope);
    const argTypes = args.map((arg) => this.check(arg, scope));
    const isOperator = !/^[A-Za-z]/.test(functionName) && call.target === undefined;
    const offset = isOperator
      ? this.#offset(node)
      : this.#callOffset(node, call.target !== undefined);
    const overloads = overloadsOf(functionName);
    if (overloads === undefined) return this.#problem(offset, unknownName(functionName));
    if (functionName === '_&&_' || functionName === '_||_') return this.#logical(args, argTypes);
    if (functionName === '_?_:_') {
      return this.#conditional(argTypes, this.placeOf(node));
    }
    const result = resolveCall(overloads, targetType, argTypes);
    if (result === undefined) {
      const receiver = targetType === undefined ? '' : `${describeType(targetType)}.`;
      const given = `${receiver}(${argTypes.map(describeType).join(', ')})`;
      return this.#problem(
        offset,
        `found no matching overload for '${functionName}' applied to '${given}'`,
      );
    }
    return withSize(functionName, result, targetType, argTypes);
  }

  #logical(args: readonly ExpressionNode[], types: readonly CelType[]): CelType {
    const bool = primitive('bool');
    for (const [index, arg] of args.entries()) {
      const type = types[index] ?? bool;
      if (!canBeBool(type)) this.#mismatch(arg, bool, type);
    }
    return bool;
  }

  #conditional(types: readonly CelType[], offset: number): CelType {
    const [condition, yes, no] = types;
    const joined = yes === undefined || no === undefined ? undefined : joinTypes(yes, no);
    const isBool = condition !== undefined && canBeBool(condition);
    if (joined !== undefined && isBool) return joined;
    return this.#problem(
      offset,
      `found no matching overload for '_?_:_' applied to '(${types.map(describeType).join(', ')})'`,
    );
  }

  #list({ elements, optionalIndices }: NodeValue<'listExpr'>, scope: Scope): CelType {
    const types = elements.map((element, index) => {
      const type = this.check(element, scope);
      return optionalIndices.includes(index) ? this.#held(element, type) : type;
    });
    const element = types.reduce<CelType>(
      (joined, type) => joinTypes(joined, type) ?? primitive('dyn'),
      primitive('none'),
    );
    return listOf(element, elements.length);
  }

  /** What a marked element or entry holds. */
  #held(node: ExpressionNode, type: CelType): CelType {
    if (isOptionalType(type)) return type.value;
    if (isDynamic(type)) return type;
    return this.#mismatch(node, optionalType(type), type);
  }

  #map(node: ExpressionNode, struct: NodeValue<'structExpr'>, scope: Scope): CelType {
    if (struct.messageName !== '') {
      const offset = this.#source.indexOf('{', this.#offset(node));
      return this.#problem(offset, unknownName(struct.messageName));
    }
    let key: CelType = primitive('none');
    let value: CelType = primitive('none');
    for (const entry of struct.entries) {
      // Without a message name, keys are expressions.
      if (entry.keyKind.case === 'mapKey') {
        key = joinTypes(key, this.check(entry.keyKind.value, scope)) ?? primitive('dyn');
      }
      if (entry.value !== undefined) {
        const type = this.check(entry.value, scope);
        const held = entry.optionalEntry ? this.#held(entry.value, type) : type;
        value = joinTypes(value, held) ?? primitive('dyn');
      }
    }
    return mapOf(key, value, struct.entries.length);
  }

  #comprehension(fold: NodeValue<'comprehensionExpr'>, scope: Scope): CelType {
    const { iterRange, accuInit, loopCondition, loopStep, result } = fold;
    if (
      iterRange === undefined ||
      accuInit === undefined ||
      loopCondition === undefined ||
      loopStep === undefined ||
      result === undefined
    ) {
      return this.#problem(0, 'unsupported expression');
    }
    const range = this.check(iterRange, scope);
    const element = elementOf(range);
    if (element === undefined) {
      return this.#problem(
        this.placeOf(iterRange),
        `expression of type '${describeType(range)}' cannot be range of a comprehension (must be list, map, or dynamic)`,
      );
    }
    const start = this.check(accuInit, scope);
    if (isBinding(fold)) return this.check(result, new Map([...scope, [fold.accuVar, start]]));
    const inLoop = (accumulated: CelType): Scope =>
      new Map([...scope, [fold.accuVar, accumulated], [fold.iterVar, element]]);
    // An empty list becomes a list of something by the first step.
    const stepped = this.check(loopStep, inLoop(start));
    const joined = joinTypes(start, stepped) ?? stepped;
    const accumulated =
      joined.kind === 'list' ? listOf(joined.element, sizeOrAbsent(range)) : joined;
    this.check(loopCondition, inLoop(accumulated));
    return this.check(result, new Map([...scope, [fold.accuVar, accumulated]]));
  }
}

function canBeBool(type: CelType): boolean {
  return joinTypes(primitive('bool'), type) !== undefined;
}

function sizeOrAbsent(type: CelType): number | undefined {
  const size = maxSizeOf(type);
  return size === Infinity ? undefined : size;
}

function unknownName(name: string): string {
  const [first = name] = name.split('.');
  return UNAVAILABLE.has(first)
    ? `'${name}' is not available in this API server`
    : `undeclared reference to '${name}' (in container '')`;
}

/** What a loop over a value of this type sees; undefined when it cannot be looped over. */
function elementOf(range: CelType): CelType | undefined {
  if (isDynamic(range)) return primitive('dyn');
  if (range.kind === 'list') return range.element;
  return range.kind === 'map' ? range.key : undefined;
}

function constantType(constant: { case?: string | undefined; value?: unknown }): CelType {
  switch (constant.case) {
    case 'int64Value':
      return primitive('int');
    case 'uint64Value':
      return primitive('uint');
    case 'doubleValue':
      return primitive('double');
    case 'boolValue':
      return primitive('bool');
    case 'stringValue':
      return primitive('string', String(constant.value).length);
    case 'bytesValue':
      return primitive('bytes', constant.value instanceof Uint8Array ? constant.value.length : 0);
    default:
      return primitive('null');
  }
}

/**
 * Checks the types of an expression.
 *
 * @param source the text that was parsed
 * @param variables the names an expression can use
 * @throws ExpressionError with all that makes no sense
 */
export function checkExpression(
  parsed: ParsedExpression,
  source: string,
  variables: ReadonlyMap<string, CelType>,
): CheckedTypes {
  const checker = new Checker(parsed, source);
  const result = checker.check(parsed.expr, variables);
  if (checker.problems.length > 0) {
    throw new ExpressionError(checker.problems.sort((left, right) => left.offset - right.offset));
  }
  return {
    result,
    typeOf: (node) => checker.typeOf(node),
    placeOf: (node) => checker.placeOf(node),
  };
}
