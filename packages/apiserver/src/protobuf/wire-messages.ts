import table from './wire-messages.json' with { type: 'json' };

/** What a field holds. */
export interface WireFieldType {
  /** JSON name; empty for an inline field, whose own fields stand in the message around it. */
  readonly name: string;
  readonly shape: 'single' | 'list' | 'map' | 'inline';
  /** Zero is left out of the JSON: on the wire it cannot be told from absent. */
  readonly dropsZero: boolean;
  /** `s`, `b`, `i`, `f`, `y` (string, bool, whole number, float, bytes) or the name of a message. */
  readonly type: string;
}

/** The fields of a message by their numbers. */
export type WireMessageType = ReadonlyMap<number, WireFieldType>;

const KINDS: Readonly<Record<string, string>> = table.kinds;
const MESSAGES: Readonly<Record<string, readonly string[]>> = table.messages;

function parseField(text: string): readonly [number, WireFieldType] {
  const [number = '', name = '', written = ''] = text.split(' ');
  const [, prefix = '', type = ''] = /^(\?|>|\[\]|\{\})?(.+)$/.exec(written) ?? [];
  const shape =
    prefix === '[]' ? 'list' : prefix === '{}' ? 'map' : prefix === '>' ? 'inline' : 'single';
  return [
    Number(number),
    { name: shape === 'inline' ? '' : name, shape, dropsZero: prefix === '?', type },
  ];
}

const FIELDS: ReadonlyMap<string, WireMessageType> = new Map(
  Object.entries(MESSAGES).map(([name, fields]) => [name, new Map(fields.map(parseField))]),
);

const NO_FIELDS: WireMessageType = new Map();

/** The message of a built-in kind, and of the options that every group takes; undefined for other kinds. */
export function messageOfKind(apiVersion: string, kind: string): string | undefined {
  // Clients name the group whose object they delete, though the options are those of all groups.
  if (kind === 'DeleteOptions') return KINDS['v1/DeleteOptions'];
  const key = `${apiVersion}/${kind}`;
  return Object.hasOwn(KINDS, key) ? KINDS[key] : undefined;
}

/** The fields of a message. An unknown message has none. */
export function fieldsOfMessage(message: string): WireMessageType {
  return FIELDS.get(message) ?? NO_FIELDS;
}
