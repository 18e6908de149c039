import { endOfNested, endOfString } from './json-scan.ts';

const key = Buffer.from('"managedFields":[');
const metadataKey = Buffer.from('"metadata"');
const comma = 0x2c;
const quote = 0x22;
const colon = 0x3a;
const openBrace = 0x7b;
const closeBrace = 0x7d;
const openBracket = 0x5b;
const closeBracket = 0x5d;

/**
 * The JSON text of an object without its `metadata.managedFields`, which are found in the bytes: they are a third of
 * most objects, and parsing them costs as much. The text as it is when there are none, or when it is not certain that
 * they are the object's own (another field of that name, a string that contains it, blanks between the tokens).
 *
 * @param path - Keys from the top to the object that has `metadata`: `[]` for an object, `['object']` for a watch event.
 */
export function textWithoutManagedFields(bytes: Buffer, path: readonly string[] = []): string {
  const found = bytes.indexOf(key);
  if (found < 0 || !isAt(bytes, found, [...path, 'metadata'])) return bytes.toString('utf8');
  const end = endOfNested(bytes, found + key.length - 1);
  if (end < 0) return bytes.toString('utf8');
  const hasCommaBefore = bytes[found - 1] === comma;
  const from = hasCommaBefore ? found - 1 : found;
  const to = !hasCommaBefore && bytes[end] === comma ? end + 1 : end;
  return bytes.toString('utf8', 0, from) + bytes.toString('utf8', to);
}

/** Whether the key at `offset` stands directly in the object that `path` leads to. */
function isAt(bytes: Buffer, offset: number, path: readonly string[]): boolean {
  // The last key read at each depth of objects; undefined for arrays.
  const keys: (string | undefined)[] = [];
  let at = 0;
  while (at < offset) {
    switch (bytes[at]) {
      case quote: {
        const end = endOfString(bytes, at);
        if (end < 0 || end > offset) return false;
        if (bytes[end] === colon && keys.length > 0 && keys.length <= path.length) {
          keys[keys.length - 1] = keyAt(bytes, at, end);
        }
        at = end;
        break;
      }
      case openBrace:
        keys.push('');
        at++;
        break;
      case openBracket:
        keys.push(undefined);
        at++;
        break;
      case closeBrace:
      case closeBracket:
        keys.pop();
        at++;
        break;
      default:
        at++;
    }
  }
  // One depth for each key of the path, and one for the object that the found key stands in.
  return keys.length === path.length + 1 && path.every((name, depth) => keys[depth] === name);
}

function keyAt(bytes: Buffer, start: number, end: number): string {
  return bytes.compare(metadataKey, 0, metadataKey.length, start, end) === 0
    ? 'metadata'
    : bytes.toString('utf8', start + 1, end - 1);
}
