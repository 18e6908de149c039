import { redacted, redactText } from '@kubewright/apimachinery';

/** Nested data deeper than this is cut: a log line is no dump. */
const maxDepth = 8;

/** Longest list that is written in full; the rest is counted. */
const maxItems = 100;

/** Names of fields whose value is a secret, in lower case and without `-` and `_`. */
const secretNames: ReadonlySet<string> = new Set([
  'accesstoken',
  'apikey',
  'authorization',
  'bearertoken',
  'clientkey',
  'clientkeydata',
  'clientsecret',
  'cookie',
  'credentials',
  'idtoken',
  'passphrase',
  'passwd',
  'password',
  'privatekey',
  'proxyauthorization',
  'refreshtoken',
  'secretkey',
  'setcookie',
  'token',
]);

/**
 * A copy of a value that is safe to log: secrets by name (`token`, `password`, `authorization`, …), by form (bearer
 * headers, JSON web tokens, private keys, passwords in URLs) and the data of `Secret` objects are replaced.
 *
 * Guarantees: ends on cyclic data; errors become `{ name, message, code, cause, stack }`; never throws because of a getter.
 */
export function redact(value: unknown): unknown {
  return redactAt(value, 0, new Set());
}

function redactAt(value: unknown, depth: number, parents: Set<object>): unknown {
  switch (typeof value) {
    case 'string':
      return redactText(value);
    case 'bigint':
      return value.toString();
    case 'function':
    case 'symbol':
      return undefined;
    case 'object':
      break;
    default:
      return value;
  }
  if (value === null) return null;
  if (parents.has(value)) return '[circular]';
  if (depth >= maxDepth) return '[deeper]';
  parents.add(value);
  try {
    return redactObject(value, depth, parents);
  } catch {
    // A getter or a proxy of the caller threw: the log line matters more than this value.
    return '[unreadable]';
  } finally {
    parents.delete(value);
  }
}

function redactObject(value: object, depth: number, parents: Set<object>): unknown {
  if (value instanceof Date) {
    return Number.isNaN(value.getTime()) ? 'Invalid Date' : value.toISOString();
  }
  if (value instanceof Error) return describeError(value, depth, parents);
  if (value instanceof URL) return redactText(value.href);
  if (ArrayBuffer.isView(value)) return `[${String(value.byteLength)} bytes]`;
  if (Array.isArray(value)) {
    const items = value.slice(0, maxItems).map((item) => redactAt(item, depth + 1, parents));
    return value.length > maxItems
      ? [...items, `[${String(value.length - maxItems)} more]`]
      : items;
  }
  if (value instanceof Map) return redactAt(Object.fromEntries(value), depth + 1, parents);
  if (value instanceof Set) return redactAt([...value], depth + 1, parents);
  const isSecret = 'kind' in value && value.kind === 'Secret';
  const result: Record<string, unknown> = {};
  for (const [name, field] of Object.entries(value)) {
    const hide = secretNames.has(name.toLowerCase().replaceAll(/[-_]/g, ''))
      ? field !== undefined && field !== null && field !== ''
      : isSecret && (name === 'data' || name === 'stringData');
    result[name] = hide ? redacted : redactAt(field, depth + 1, parents);
  }
  return result;
}

function describeError(error: Error, depth: number, parents: Set<object>): unknown {
  const code = 'code' in error ? error.code : undefined;
  const reason = 'reason' in error ? error.reason : undefined;
  return {
    name: error.name,
    message: redactText(error.message),
    ...(typeof code === 'string' || typeof code === 'number' ? { code } : {}),
    ...(typeof reason === 'string' ? { reason } : {}),
    ...(error.cause === undefined ? {} : { cause: redactAt(error.cause, depth + 1, parents) }),
    ...(error instanceof AggregateError
      ? { errors: redactAt(error.errors, depth + 1, parents) }
      : {}),
    stack: redactText(error.stack ?? ''),
  };
}
