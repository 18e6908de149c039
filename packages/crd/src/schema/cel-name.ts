// Names that the expression language keeps for itself (CEL specification, and what an API server adds).
const reserved = new Set(
  'true false null in as break const continue else for function if import let loop package namespace return var void while'.split(
    ' ',
  ),
);

/** The name of a property as a CEL rule writes it: `self.<name>`, escaped by the rules of `x-kubernetes-validations`. */
export function celName(property: string): string {
  if (reserved.has(property)) return `__${property}__`;
  return property
    .replaceAll('__', '__underscores__')
    .replaceAll('.', '__dot__')
    .replaceAll('-', '__dash__')
    .replaceAll('/', '__slash__');
}

/** Whether a property can be named in a CEL rule at all. */
export function hasCelName(property: string): boolean {
  return /^[A-Za-z_.\-/][A-Za-z0-9_.\-/]*$/.test(property);
}

/** The `fieldPath` of a property of the object a rule stands on. */
export function celFieldPath(property: string): string {
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(property) ? `.${property}` : `['${property}']`;
}

/** A text as a CEL string literal. */
export function celString(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'").replaceAll('\n', '\\n').replaceAll('\r', '\\r')}'`;
}
