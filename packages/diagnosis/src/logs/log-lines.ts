import { isJsonObject, plainText, type JsonValue } from '@kubewright/apimachinery';

/** How much of the end of a log is looked at, in characters. */
export const maxLogCharacters = 262_144;
/** Most lines that are looked at, counted from the end. */
export const maxLogLines = 600;
/** Longest part of a line that is looked at, in characters. */
export const maxLineCharacters = 2_000;

/** One line that is looked at, and where it stands in the log as it was given. */
export interface LogLine {
  /** Counts from 0. */
  readonly index: number;
  readonly text: string;
}

/**
 * The last lines of a log, without terminal control sequences. A line that is a JSON object, as structured loggers write
 * them, becomes its message, its error and its stack, a line each.
 */
export function logLines(text: string): readonly LogLine[] {
  const from = Math.max(0, text.length - maxLogCharacters);
  const skipped = from === 0 ? 0 : countLines(text, from);
  const all = text.slice(from).split('\n');
  if (all.at(-1) === '') all.pop();
  const first = Math.max(0, all.length - maxLogLines);
  return all.slice(first).flatMap((line, offset) => {
    const index = skipped + first + offset;
    return expand(line.replace(/\r$/, '')).map((part) => ({ index, text: part }));
  });
}

function countLines(text: string, end: number): number {
  let lines = 0;
  for (let at = text.indexOf('\n'); at >= 0 && at < end; at = text.indexOf('\n', at + 1)) lines++;
  return lines;
}

function expand(line: string): readonly string[] {
  if (line.startsWith('{') && line.length <= 32_768) {
    try {
      const value = JSON.parse(line) as JsonValue;
      if (isJsonObject(value)) {
        const texts = textsOf(value, 0);
        if (texts.length > 0)
          return texts
            .flatMap((text) => text.split('\n'))
            .slice(0, 60)
            .map(bounded);
      }
    } catch {
      // Not JSON after all: the line stands as it is.
    }
  }
  return [bounded(line)];
}

/** Fields in which loggers put what matters, in the order in which it reads best. */
const textFields = [
  'msg',
  'message',
  'error',
  'err',
  'exception',
  'stack',
  'stack_trace',
  'stacktrace',
];

function textsOf(value: Readonly<Record<string, JsonValue>>, depth: number): string[] {
  return textFields.flatMap((field) => {
    const text = Object.hasOwn(value, field) ? value[field] : undefined;
    if (typeof text === 'string' && text !== '') return [text];
    return depth === 0 && isJsonObject(text) ? textsOf(text, 1) : [];
  });
}

function bounded(line: string): string {
  return plainText(line.length > maxLineCharacters ? line.slice(0, maxLineCharacters) : line);
}
