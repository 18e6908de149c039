/** What {@link scanJson} finds in a text that `JSON.parse` has accepted. */
export interface JsonScan {
  /** Paths of keys that occur twice in one object, such as `metadata.name`, in document order. */
  readonly duplicates: readonly string[];
  /** Deepest nesting of objects and arrays. */
  readonly depth: number;
}

const BACKSLASH = 0x5c;
const QUOTE = 0x22;

interface Frame {
  /** Keys seen in this object; undefined for an array. */
  readonly keys: Set<string> | undefined;
  /** Key of the value being read, or index of the element. */
  key: string;
  index: number;
}

function pathOf(frames: readonly Frame[]): string {
  let path = '';
  for (const frame of frames) {
    if (frame.keys === undefined) path += `[${frame.index}]`;
    else path += path === '' ? frame.key : `.${frame.key}`;
  }
  return path;
}

function endOfString(text: string, start: number): number {
  let index = start + 1;
  while (text.charCodeAt(index) !== QUOTE) {
    index += text.charCodeAt(index) === BACKSLASH ? 2 : 1;
  }
  return index;
}

/**
 * Walks valid JSON once for what `JSON.parse` does not tell: keys given twice, and how deep it nests. Iterative, so
 * the depth of the text cannot exhaust the stack.
 */
export function scanJson(text: string): JsonScan {
  const duplicates: string[] = [];
  const frames: Frame[] = [];
  let depth = 0;
  let expectsKey = false;
  for (let index = 0; index < text.length; index += 1) {
    const frame = frames.at(-1);
    switch (text[index]) {
      case '{':
        frames.push({ keys: new Set(), key: '', index: 0 });
        depth = Math.max(depth, frames.length);
        expectsKey = true;
        break;
      case '[':
        frames.push({ keys: undefined, key: '', index: 0 });
        depth = Math.max(depth, frames.length);
        expectsKey = false;
        break;
      case '}':
      case ']':
        frames.pop();
        expectsKey = false;
        break;
      case ',':
        if (frame?.keys === undefined) {
          if (frame !== undefined) frame.index += 1;
        } else {
          expectsKey = true;
        }
        break;
      case '"': {
        const end = endOfString(text, index);
        if (expectsKey && frame?.keys !== undefined) {
          // A key of valid JSON parses to a string.
          frame.key = JSON.parse(text.slice(index, end + 1)) as string;
          if (frame.keys.has(frame.key)) duplicates.push(pathOf(frames));
          frame.keys.add(frame.key);
          expectsKey = false;
        }
        index = end;
        break;
      }
      default:
        break;
    }
  }
  return { duplicates, depth };
}
