/** Operators and methods whose wrong use the API server does not name. */
const UNNAMED = /^(?:\W.*|_.*|@in|contains|endsWith|matches|startsWith)$/;

/** `map(dyn, dyn).(string)` as `map, string`; the receiver counts as an argument. */
function argumentsOf(applied: string): string {
  const [, receiver = '', args = ''] = /^(?:(.*)\.)?\((.*)\)$/.exec(applied) ?? [];
  return [receiver, args]
    .filter((part) => part !== '')
    .join(', ')
    .replace(/\b(map|list)\([^()]*\)/g, '$1');
}

function noOverload(_: string, name = '', applied = ''): string {
  const args = argumentsOf(applied);
  if (name === '_+_' && /^(?:map|bool|null)\b/.test(args)) return 'no such overload: _+_';
  if (UNNAMED.test(name)) return 'no such overload';
  return name === 'size' ? 'no such overload: size' : `no such overload: ${name}(${args})`;
}

function conversion(from: string, to: string): string {
  return `type conversion error from '${from}' to '${to}'`;
}

/** What the evaluator says, and the API server's words for it. */
const WORDS: readonly (readonly [
  RegExp,
  (found: string, ...groups: (string | undefined)[]) => string,
])[] = [
  [/^.*divide by zero$/, () => 'division by zero'],
  [/^.*modul(?:o|us) by zero$/, () => 'modulus by zero'],
  [/^field not found: (.*)$/s, (_, name) => `no such key: ${name ?? ''}`],
  [/^found no matching overload for '([^']+)' applied to '(.*)'$/s, noOverload],
  [/^found no matching overload for _\?_:_ .*$/s, () => 'no such overload'],
  [/^type mismatch: expected bool, .*$/s, () => 'no such overload'],
  [
    /^type mismatch: iterable vs (\w)(\w*)$/,
    (_, initial = '', rest = '') =>
      `got 'types.${initial.toUpperCase()}${rest}', expected iterable type`,
  ],
  // A list does not say how long it is, a text does.
  [/^index (-?\d+) out of bounds \[0, -1\)$/, (_, index) => `index out of bounds: ${index ?? ''}`],
  [/^index (-?\d+) out of bounds .*$/, (_, index) => `index out of range: ${index ?? ''}`],
  [/^int overflow during .*$/, () => 'integer overflow'],
  [/^uint overflow during .*$/, () => 'unsigned integer overflow'],
  [/^Unable to convert string .* to bool$/s, () => conversion('string', 'bool')],
  [/^Cannot convert .* to a BigInt$/s, () => conversion('string', 'int')],
  [/^Failed to parse duration.*$/s, () => conversion('string', 'google.protobuf.Duration')],
  [/^Failed to parse timestamp.*$/s, () => conversion('string', 'google.protobuf.Timestamp')],
];

/** What an answer says of an expression that could not be evaluated: the API server's words for those of the evaluator. */
export function evaluationMessage(message: string): string {
  for (const [pattern, words] of WORDS) {
    if (pattern.test(message)) return message.replace(pattern, words);
  }
  return message;
}
