import { readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import ts from 'typescript';

/** Something that is exported and does not say what it is. */
export interface Undocumented {
  /** Relative to the folder that was looked at, with `/`. */
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** `Name` or `Name.member`. */
  readonly name: string;
}

/** What a `package.json` says of its modules. */
interface Manifest {
  readonly exports?: string | Readonly<Record<string, string>>;
}

/**
 * Finds what packages export without TSDoc: functions, classes, constants and types, and of classes, interfaces and object types the
 * members. Each name is looked for in the package that declares it.
 *
 * Members that need none: those that override or implement one that has it; literals, which say themselves what they are; keys that
 * are symbols; and those whose name their type ends in, such as `client: Client` and `code: CacheErrorCode`, because the type says it.
 * Files whose first line says that they were generated are left out.
 *
 * @param packages - Folders with a `package.json`, absolute.
 * @param root - What the files in the answer are relative to.
 */
export function undocumentedExports(
  packages: readonly string[],
  root: string,
  options: ts.CompilerOptions,
): readonly Undocumented[] {
  const entries = packages.map((folder) => ({ folder, files: entryFiles(folder) }));
  const program = ts.createProgram(
    entries.flatMap(({ files }) => files),
    options,
  );
  const search = new Search(program.getTypeChecker(), root);
  for (const { folder, files } of entries) {
    for (const file of files) search.visitModule(program.getSourceFile(file), folder);
  }
  return search.found.toSorted(
    (one, other) => one.file.localeCompare(other.file) || one.line - other.line,
  );
}

function entryFiles(folder: string): readonly string[] {
  // npm has read the file before.
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest;
  const { exports = {} } = manifest;
  const files = typeof exports === 'string' ? [exports] : Object.values(exports);
  return files.filter((file) => file.endsWith('.ts')).map((file) => join(folder, file));
}

class Search {
  readonly found: Undocumented[] = [];
  readonly #checker: ts.TypeChecker;
  readonly #root: string;
  /** Exported by several modules of a package, and looked at once. */
  readonly #seen = new Set<ts.Symbol>();

  constructor(checker: ts.TypeChecker, root: string) {
    this.#checker = checker;
    this.#root = root;
  }

  visitModule(source: ts.SourceFile | undefined, folder: string): void {
    const module = source && this.#checker.getSymbolAtLocation(source);
    if (module === undefined) return; // it exports nothing
    for (const exported of this.#checker.getExportsOfModule(module)) {
      const isAlias = (exported.flags & ts.SymbolFlags.Alias) !== 0;
      const symbol = isAlias ? this.#checker.getAliasedSymbol(exported) : exported;
      if (this.#seen.has(symbol)) continue;
      this.#seen.add(symbol);
      const declarations = (symbol.declarations ?? []).filter((declaration) =>
        isWrittenIn(folder, declaration.getSourceFile()),
      );
      const [first] = declarations;
      if (first === undefined) continue;
      if (!this.#isDocumented(symbol)) this.#report(first, symbol.name);
      for (const declaration of declarations) this.#visitMembers(declaration, symbol.name);
    }
  }

  #visitMembers(declaration: ts.Declaration, owner: string): void {
    for (const member of membersOf(declaration)) {
      const symbol = member.name && this.#checker.getSymbolAtLocation(member.name);
      if (symbol === undefined || this.#needsNone(member) || this.#isDocumented(symbol)) continue;
      this.#report(member, `${owner}.${symbol.name}`);
    }
  }

  #needsNone(member: ts.ClassElement | ts.TypeElement): boolean {
    const { name } = member;
    if (name === undefined || !(ts.isIdentifier(name) || ts.isStringLiteral(name))) return true;
    const modifiers = ts.getCombinedModifierFlags(member);
    if ((modifiers & (ts.ModifierFlags.Private | ts.ModifierFlags.Override)) !== 0) return true;
    if (!ts.isPropertyDeclaration(member) && !ts.isPropertySignature(member)) return false;
    return (
      this.#checker.getTypeAtLocation(member).isLiteral() ||
      typeNames(member.type).some((typeName) => endsInWord(typeName, name.text))
    );
  }

  #isDocumented(symbol: ts.Symbol): boolean {
    return (
      symbol.getDocumentationComment(this.#checker).length > 0 ||
      symbol.getJsDocTags(this.#checker).length > 0
    );
  }

  #report(node: ts.Declaration, name: string): void {
    const source = node.getSourceFile();
    const { line } = source.getLineAndCharacterOfPosition(node.getStart());
    const file = relative(this.#root, source.fileName).split(sep).join('/');
    this.found.push({ file, line: line + 1, name });
  }
}

function membersOf(declaration: ts.Declaration): readonly (ts.ClassElement | ts.TypeElement)[] {
  if (ts.isClassDeclaration(declaration) || ts.isInterfaceDeclaration(declaration)) {
    return [...declaration.members];
  }
  if (ts.isTypeAliasDeclaration(declaration) && ts.isTypeLiteralNode(declaration.type)) {
    return [...declaration.type.members];
  }
  return [];
}

/** The name of a type; of a union those of its parts. */
function typeNames(type: ts.TypeNode | undefined): readonly string[] {
  if (type === undefined) return [];
  if (ts.isUnionTypeNode(type)) return type.types.flatMap(typeNames);
  return ts.isTypeReferenceNode(type) && ts.isIdentifier(type.typeName) ? [type.typeName.text] : [];
}

function endsInWord(typeName: string, name: string): boolean {
  return typeName.endsWith(name.charAt(0).toUpperCase() + name.slice(1));
}

function isWrittenIn(folder: string, source: ts.SourceFile): boolean {
  return source.fileName.startsWith(join(folder, sep)) && !source.text.startsWith('// Generated');
}
