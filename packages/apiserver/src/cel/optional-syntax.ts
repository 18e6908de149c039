import { nodesOf, type ExpressionNode, type ParsedExpression } from './expression-nodes.ts';
import { callKind, ExpressionWriter } from './expression-writer.ts';

/** A question mark that makes a selection, an index or an entry optional. */
export interface OptionalMark {
  /** Of the question mark. */
  readonly offset: number;
  /** Of the dot or the opening bracket that the mark belongs to. */
  readonly owner: number;
  /** Which element of the list or entry of the map it stands before; 0 elsewhere. */
  readonly index: number;
}

/** The text of an expression with blanks where optional marks were: every other place stays where it was. */
export interface PlainSource {
  readonly text: string;
  readonly marks: readonly OptionalMark[];
  /** Where something stands that cannot stand there, because of a question mark; undefined in most texts. */
  readonly misplaced: number | undefined;
}

const TOKEN =
  /\s+|\/\/[^\n]*|[rRbB]{0,2}(?:"""[\s\S]*?"""|'''[\s\S]*?'''|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')|[A-Za-z_][A-Za-z0-9_]*|[0-9][A-Za-z0-9_]*|[\s\S]/y;
const RAW_TOKEN =
  /[rR][bB]?(?:"""[\s\S]*?"""|'''[\s\S]*?'''|"[^"]*"|'[^']*')|[bB][rR](?:"[^"]*"|'[^']*')/y;

interface Bracket {
  readonly open: string;
  readonly offset: number;
  commas: number;
}

/**
 * Takes the marks of optionals out of an expression, for a parser that does not know them, and comments, which it wants to
 * end with a line.
 *
 * A question mark after a dot, or at the head of an index, of an element or of a key can be nothing else: a conditional's
 * follows a value.
 */
export function takeOptionalMarks(source: string): PlainSource {
  const marks: OptionalMark[] = [];
  const open: Bracket[] = [];
  let text = '';
  let misplaced: number | undefined;
  let before: Token = { text: '', offset: 0 };
  let marked: Marked;
  for (let offset = 0; offset < source.length;) {
    const token = tokenAt(source, offset);
    const isBlank = /^(?:\s|\/\/)/.test(token);
    const bracket = open.at(-1);
    const owner = token === '?' ? ownerOf(before, bracket) : undefined;
    if (!isBlank && !canFollow(token, before, marked, owner)) misplaced ??= offset;
    if (owner === undefined) {
      text += isBlank ? token.replace(/[^\r\n]/g, ' ') : token;
      if (/^[([{]$/.test(token)) open.push({ open: token, offset, commas: 0 });
      if (/^[)\]}]$/.test(token)) open.pop();
      if (token === ',' && bracket !== undefined) bracket.commas += 1;
    } else {
      text += ' ';
      marks.push({ offset, owner, index: owner === bracket?.offset ? bracket.commas : 0 });
    }
    if (!isBlank) {
      marked = owner === undefined ? undefined : before.text === '.' ? 'name' : 'expression';
      before = { text: token, offset };
    }
    offset += token.length;
  }
  if (marked !== undefined) misplaced ??= source.length;
  return { text, marks, misplaced };
}

/** What a mark stands before. */
type Marked = 'name' | 'expression' | undefined;

interface Token {
  readonly text: string;
  readonly offset: number;
}

/** Whether a token can stand after a mark, or a question mark after a token. */
function canFollow(
  token: string,
  before: Token,
  marked: Marked,
  owner: number | undefined,
): boolean {
  if (marked === 'name') return /^[A-Za-z_]/.test(token);
  if (marked === 'expression') return !/^[?)\]},:]$/.test(token);
  // A conditional's follows a value.
  return token !== '?' || owner !== undefined || !/^[([{,:.?!<>=&|+\-*/%]?$/.test(before.text);
}

function tokenAt(source: string, offset: number): string {
  for (const pattern of [RAW_TOKEN, TOKEN]) {
    pattern.lastIndex = offset;
    const [token] = pattern.exec(source) ?? [];
    if (token !== undefined) return token;
  }
  return source.charAt(offset);
}

function ownerOf(before: Token, bracket: Bracket | undefined): number | undefined {
  if (before.text === '.') return before.offset;
  if (bracket === undefined || bracket.open === '(') return undefined;
  return before.text === bracket.open || before.text === ',' ? bracket.offset : undefined;
}

/**
 * Puts the marks back into the parsed expression, in the form that CEL gives them: calls of `_?._` and `_[?_]`, and marked
 * elements and entries.
 *
 * @returns the marks that stand where none may
 */
export function applyOptionalMarks(
  parsed: ParsedExpression,
  marks: readonly OptionalMark[],
): readonly OptionalMark[] {
  if (marks.length === 0) return [];
  const byOwner = Map.groupBy(marks, ({ owner }) => owner);
  const writer = new ExpressionWriter(parsed);
  const used = new Set<OptionalMark>();
  for (const node of nodesOf(parsed.expr)) {
    const offset = parsed.sourceInfo?.positions[String(node.id)];
    for (const mark of (offset === undefined ? undefined : byOwner.get(offset)) ?? []) {
      if (applyMark(node, mark, writer)) used.add(mark);
    }
  }
  return marks.filter((mark) => !used.has(mark));
}

function applyMark(node: ExpressionNode, mark: OptionalMark, writer: ExpressionWriter): boolean {
  const { exprKind } = node;
  switch (exprKind.case) {
    case 'selectExpr': {
      const { operand, field, testOnly } = exprKind.value;
      if (operand === undefined || testOnly) return false;
      node.exprKind = callKind('_?._', [operand, writer.text(node, field)]);
      return true;
    }
    case 'callExpr': {
      const { function: name, args } = exprKind.value;
      if (name !== '_[_]') return false;
      node.exprKind = callKind('_[?_]', args);
      return true;
    }
    case 'listExpr':
      exprKind.value.optionalIndices.push(mark.index);
      return true;
    case 'structExpr': {
      const entry = exprKind.value.entries[mark.index];
      if (entry === undefined) return false;
      entry.optionalEntry = true;
      return true;
    }
    default:
      return false;
  }
}
