import {
  isDynamic,
  joinTypes,
  listOf,
  mapOf,
  optionalType,
  primitive,
  type CelType,
  type PrimitiveName,
} from './cel-types.ts';

/** One way to call a function. */
export interface Overload {
  readonly name: string;
  /** The receiver of a method; undefined for a plain function. */
  readonly target: CelType | undefined;
  readonly parameters: readonly CelType[];
  readonly result: CelType;
}

function parseType(text: string): CelType {
  const list = /^list\((.*)\)$/.exec(text)?.[1];
  if (list !== undefined) return listOf(parseType(list));
  const optional = /^optional\((.*)\)$/.exec(text)?.[1];
  if (optional !== undefined) return optionalType(parseType(optional));
  const map = /^map\((\w+), (\w+)\)$/.exec(text);
  if (map !== null) return mapOf(parseType(map[1] ?? ''), parseType(map[2] ?? ''));
  if (/^[A-Z]$/.test(text)) return { kind: 'parameter', name: text };
  // The table below is written in names of types only.
  return primitive(text as PrimitiveName);
}

function splitTypes(text: string): string[] {
  return text === '' ? [] : text.split(/, (?![^(]*\))/);
}

/** Reads `name(types) result` or `target.name(types) result`. */
function parseOverload(line: string): Overload {
  const match =
    /^(?:(?!(?:sets|optional|strings)\.)(.+?)\.)?([A-Za-z0-9_@?:!\-[\]<>=+*/%&|]+|(?:sets|optional|strings)\.\w+)\((.*)\) (\S.*)$/.exec(
      line,
    );
  const [, target, name = '', parameters = '', result = ''] = match ?? [];
  return {
    name,
    target: target === undefined ? undefined : parseType(target),
    parameters: splitTypes(parameters).map(parseType),
    result: parseType(result),
  };
}

const COMPARED = ['bool', 'int', 'uint', 'double', 'string', 'bytes', 'timestamp', 'duration'];
const NUMBERS = ['int', 'uint', 'double'];

function comparisons(operator: string): string[] {
  const same = COMPARED.map((type) => `${operator}(${type}, ${type}) bool`);
  const mixed = NUMBERS.flatMap((left) =>
    NUMBERS.filter((right) => right !== left).map((right) => `${operator}(${left}, ${right}) bool`),
  );
  return [...same, ...mixed];
}

function timeMethods(name: string): string[] {
  return [`timestamp.${name}() int`, `timestamp.${name}(string) int`];
}

const QUANTITY = 'kubernetes.Quantity';
const COMPARISON_METHODS = ['isGreaterThan', 'isLessThan'];

function parseMethods(lines: readonly string[], target: string): Overload[] {
  return lines.map((line) => {
    const overload = parseOverload(line);
    return { ...overload, target: primitive(target as PrimitiveName) };
  });
}

const STANDARD = [
  '_==_(A, A) bool',
  '_!=_(A, A) bool',
  ...['_<_', '_<=_', '_>_', '_>=_'].flatMap(comparisons),
  ...['int', 'uint', 'double', 'string', 'bytes', 'duration'].map((t) => `_+_(${t}, ${t}) ${t}`),
  '_+_(list(A), list(A)) list(A)',
  '_+_(timestamp, duration) timestamp',
  '_+_(duration, timestamp) timestamp',
  ...['int', 'uint', 'double', 'duration'].map((t) => `_-_(${t}, ${t}) ${t}`),
  '_-_(timestamp, timestamp) duration',
  '_-_(timestamp, duration) timestamp',
  ...NUMBERS.flatMap((t) => [`_*_(${t}, ${t}) ${t}`, `_/_(${t}, ${t}) ${t}`]),
  '_%_(int, int) int',
  '_%_(uint, uint) uint',
  '-_(int) int',
  '-_(double) double',
  '!_(bool) bool',
  '_&&_(bool, bool) bool',
  '_||_(bool, bool) bool',
  '_?_:_(bool, A, A) A',
  '@not_strictly_false(bool) bool',
  '@in(A, list(A)) bool',
  '@in(A, map(A, B)) bool',
  '_[_](list(A), int) A',
  '_[_](map(A, B), A) B',
  ...['string', 'bytes', 'list(A)', 'map(A, B)'].flatMap((t) => [
    `size(${t}) int`,
    `${t}.size() int`,
  ]),
  ...['contains', 'endsWith', 'startsWith', 'matches'].map((name) => `string.${name}(string) bool`),
  'dyn(A) dyn',
  'type(A) type',
  ...['int', 'uint', 'double', 'string', 'timestamp', 'duration'].map((t) => `int(${t}) int`),
  ...['int', 'uint', 'double', 'string'].map((t) => `uint(${t}) uint`),
  ...['int', 'uint', 'double', 'string'].map((t) => `double(${t}) double`),
  ...COMPARED.map((t) => `string(${t}) string`),
  'bool(bool) bool',
  'bool(string) bool',
  'bytes(bytes) bytes',
  'bytes(string) bytes',
  ...['timestamp', 'string', 'int'].map((t) => `timestamp(${t}) timestamp`),
  ...['duration', 'string'].map((t) => `duration(${t}) duration`),
  ...[
    'getFullYear',
    'getMonth',
    'getDayOfYear',
    'getDayOfMonth',
    'getDate',
    'getDayOfWeek',
    'getHours',
    'getMinutes',
    'getSeconds',
    'getMilliseconds',
  ].flatMap(timeMethods),
  ...['getHours', 'getMinutes', 'getSeconds', 'getMilliseconds'].map((n) => `duration.${n}() int`),
];

const STRINGS = [
  'string.charAt(int) string',
  'string.indexOf(string) int',
  'string.indexOf(string, int) int',
  'string.lastIndexOf(string) int',
  'string.lastIndexOf(string, int) int',
  'string.lowerAscii() string',
  'string.upperAscii() string',
  'string.replace(string, string) string',
  'string.replace(string, string, int) string',
  'string.split(string) list(string)',
  'string.split(string, int) list(string)',
  'string.substring(int) string',
  'string.substring(int, int) string',
  'string.trim() string',
  'list(string).join() string',
  'list(string).join(string) string',
  'string.format(list(dyn)) string',
  'strings.quote(string) string',
  'string.find(string) string',
  'string.findAll(string) list(string)',
  'string.findAll(string, int) list(string)',
];

const LISTS = [
  ...COMPARED.map((t) => `list(${t}).isSorted() bool`),
  ...['int', 'uint', 'double', 'duration'].map((t) => `list(${t}).sum() ${t}`),
  ...COMPARED.flatMap((t) => [`list(${t}).min() ${t}`, `list(${t}).max() ${t}`]),
  'list(A).indexOf(A) int',
  'list(A).lastIndexOf(A) int',
  'list(A).slice(int, int) list(A)',
  'list(A).distinct() list(A)',
  'list(A).reverse() list(A)',
  ...COMPARED.map((t) => `list(${t}).sort() list(${t})`),
  'sets.contains(list(A), list(A)) bool',
  'sets.equivalent(list(A), list(A)) bool',
  'sets.intersects(list(A), list(A)) bool',
];

const OPTIONALS = [
  'optional.of(A) optional(A)',
  'optional.ofNonZeroValue(A) optional(A)',
  'optional.none() optional(A)',
  'optional.unwrap(list(optional(A))) list(A)',
  'list(optional(A)).unwrapOpt() list(A)',
  'optional(A).hasValue() bool',
  'optional(A).value() A',
  'optional(A).or(optional(A)) optional(A)',
  'optional(A).orValue(A) A',
  ...['_[?_]', '_[_]'].flatMap((name) => [
    `${name}(optional(list(A)), int) optional(A)`,
    `${name}(optional(map(A, B)), A) optional(B)`,
  ]),
  '_[?_](list(A), int) optional(A)',
  '_[?_](map(A, B), A) optional(B)',
  'list(A).first() optional(A)',
  'list(A).last() optional(A)',
];

/** What `sortBy` is written out to. */
const SORTING = COMPARED.map((type) => `list(A).@sortByAssociatedKeys(list(${type})) list(A)`);

const KUBERNETES = [
  'url(string) kubernetes.URL',
  'isURL(string) bool',
  'quantity(string) kubernetes.Quantity',
  'isQuantity(string) bool',
  'ip(string) net.IP',
  'isIP(string) bool',
  'string(net.IP) string',
  'cidr(string) net.CIDR',
  'isCIDR(string) bool',
  'string(net.CIDR) string',
  'semver(string) kubernetes.Semver',
  'isSemver(string) bool',
];

function authorizerType(name: string): string {
  return `kubernetes.authorization.${name}`;
}

/** Declared for all expressions, as in the real server; only some have an authorizer to call them on. */
const AUTHORIZER: readonly Overload[] = [
  ...parseMethods(
    [
      `path(string) ${authorizerType('PathCheck')}`,
      `group(string) ${authorizerType('GroupCheck')}`,
      `serviceAccount(string, string) ${authorizerType('Authorizer')}`,
    ],
    authorizerType('Authorizer'),
  ),
  ...parseMethods(
    [`resource(string) ${authorizerType('ResourceCheck')}`],
    authorizerType('GroupCheck'),
  ),
  ...parseMethods(
    ['subresource', 'namespace', 'name', 'fieldSelector', 'labelSelector'].map(
      (name) => `${name}(string) ${authorizerType('ResourceCheck')}`,
    ),
    authorizerType('ResourceCheck'),
  ),
  ...['PathCheck', 'ResourceCheck'].flatMap((target) =>
    parseMethods([`check(string) ${authorizerType('Decision')}`], authorizerType(target)),
  ),
  ...parseMethods(
    ['allowed() bool', 'reason() string', 'errored() bool', 'error() string'],
    authorizerType('Decision'),
  ),
];

const TABLE: readonly Overload[] = [
  ...AUTHORIZER,
  ...[...STANDARD, ...STRINGS, ...LISTS, ...SORTING, ...OPTIONALS, ...KUBERNETES].map(
    parseOverload,
  ),
  ...parseMethods(
    ['getScheme', 'getHost', 'getHostname', 'getPort', 'getEscapedPath']
      .map((name) => `${name}() string`)
      .concat('getQuery() map(string, strings)'),
    'kubernetes.URL',
  ).map((overload) =>
    overload.name === 'getQuery'
      ? { ...overload, result: mapOf(primitive('string'), listOf(primitive('string'))) }
      : overload,
  ),
  ...parseMethods(
    [
      'sign() int',
      'isInteger() bool',
      'asInteger() int',
      'asApproximateFloat() double',
      `add(${QUANTITY}) ${QUANTITY}`,
      'add(int) kubernetes.Quantity',
      `sub(${QUANTITY}) ${QUANTITY}`,
      'sub(int) kubernetes.Quantity',
      `compareTo(${QUANTITY}) int`,
      ...COMPARISON_METHODS.map((name) => `${name}(${QUANTITY}) bool`),
    ],
    QUANTITY,
  ),
  ...parseMethods(
    [
      'family() int',
      'isUnspecified() bool',
      'isLoopback() bool',
      'isLinkLocalMulticast() bool',
      'isLinkLocalUnicast() bool',
      'isGlobalUnicast() bool',
    ],
    'net.IP',
  ),
  ...parseMethods(
    [
      'containsIP(string) bool',
      'containsIP(net.IP) bool',
      'containsCIDR(string) bool',
      'containsCIDR(net.CIDR) bool',
      'ip() net.IP',
      'masked() net.CIDR',
      'prefixLength() int',
    ],
    'net.CIDR',
  ),
  ...parseMethods(
    [
      'major() int',
      'minor() int',
      'patch() int',
      'compareTo(kubernetes.Semver) int',
      ...COMPARISON_METHODS.map((name) => `${name}(kubernetes.Semver) bool`),
    ],
    'kubernetes.Semver',
  ),
];

const BY_NAME: ReadonlyMap<string, readonly Overload[]> = Map.groupBy(TABLE, ({ name }) => name);

/** All ways to call a function of this name, as function or as method; undefined when there is none. */
export function overloadsOf(name: string): readonly Overload[] | undefined {
  return BY_NAME.get(name);
}

/** The names of types, which are values of type `type`. */
export const TYPE_NAMES: ReadonlySet<string> = new Set([
  'int',
  'uint',
  'double',
  'bool',
  'string',
  'bytes',
  'list',
  'map',
  'null_type',
  'type',
]);

/** Binds the parameters of a declared type to an actual one. Returns whether they fit. */
function fits(declared: CelType, actual: CelType, bindings: Map<string, CelType>): boolean {
  if (declared.kind === 'parameter') {
    const bound = bindings.get(declared.name);
    const joined = bound === undefined ? actual : joinTypes(bound, actual);
    if (joined === undefined) return false;
    bindings.set(declared.name, joined);
    return true;
  }
  if (isDynamic(actual)) return true;
  if (declared.kind === 'primitive') {
    if (declared.name === 'dyn') return true;
    return actual.kind === 'primitive' && actual.name === declared.name;
  }
  if (declared.kind === 'list') {
    return actual.kind === 'list' && fits(declared.element, actual.element, bindings);
  }
  if (declared.kind === 'optional') {
    return actual.kind === 'optional' && fits(declared.value, actual.value, bindings);
  }
  if (declared.kind === 'map') {
    return (
      actual.kind === 'map' &&
      fits(declared.key, actual.key, bindings) &&
      fits(declared.value, actual.value, bindings)
    );
  }
  return false;
}

function substitute(type: CelType, bindings: ReadonlyMap<string, CelType>): CelType {
  switch (type.kind) {
    case 'parameter':
      return bindings.get(type.name) ?? primitive('none');
    case 'list':
      return listOf(substitute(type.element, bindings));
    case 'optional':
      return optionalType(substitute(type.value, bindings));
    case 'map':
      return mapOf(substitute(type.key, bindings), substitute(type.value, bindings));
    default:
      return type;
  }
}

/**
 * The result of calling a function with arguments of these types.
 *
 * @returns undefined when no overload takes them; `dyn` when several with different results do
 */
export function resolveCall(
  overloads: readonly Overload[],
  target: CelType | undefined,
  args: readonly CelType[],
): CelType | undefined {
  const results: CelType[] = [];
  for (const overload of overloads) {
    if ((overload.target === undefined) !== (target === undefined)) continue;
    if (overload.parameters.length !== args.length) continue;
    const bindings = new Map<string, CelType>();
    const isTargetFine =
      target === undefined ||
      overload.target === undefined ||
      fits(overload.target, target, bindings);
    const areArgsFine = overload.parameters.every((parameter, index) => {
      const arg = args[index];
      return arg !== undefined && fits(parameter, arg, bindings);
    });
    if (isTargetFine && areArgsFine) results.push(substitute(overload.result, bindings));
  }
  const [first, ...others] = results;
  if (first === undefined) return undefined;
  return others.every((other) => sameName(first, other)) ? first : primitive('dyn');
}

function sameName(left: CelType, right: CelType): boolean {
  return left.kind === 'primitive' && right.kind === 'primitive'
    ? left.name === right.name
    : left.kind === right.kind;
}
