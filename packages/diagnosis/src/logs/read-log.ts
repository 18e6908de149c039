import { redactText } from '@kubewright/apimachinery';
import type { LogExcerpt, ProgramRuntime } from '../model/finding.ts';
import type { ContainerLog } from '../model/observation.ts';
import { logLines, type LogLine } from './log-lines.ts';
import { isMissingLog } from './missing-log.ts';
import type { LineMeaning, LogSignature } from './signature.ts';
import { logSignatures } from './signatures/index.ts';
import { lastStackTrace, type StackTrace } from './stack-trace.ts';

/** Most excerpts of one log. */
const maxExcerpts = 3;
/** Longest line that is quoted, in characters. */
const maxQuotedCharacters = 300;
/** What a program says in its last lines counts more than what it said before. */
const lastWordsLines = 40;

interface Hit {
  readonly signature: LogSignature;
  readonly meaning: LineMeaning;
  readonly runtime: ProgramRuntime | undefined;
  /** Position among the lines that were looked at. */
  readonly at: number;
}

/**
 * What a log says of why its container fails: the most telling first, at most three; empty when nothing in it is known, or when it
 * is no log (see {@link isMissingLog}).
 *
 * Guarantees: looks at no more than the last 262,144 characters and 600 lines, 2,000 characters of each, in linear time; what it quotes
 * holds no control characters, and no secrets that can be told by their form or name.
 */
export function readLog(log: ContainerLog): readonly LogExcerpt[] {
  if (isMissingLog(log.text)) return [];
  const lines = logLines(log.text);
  const texts = lines.map(({ text }) => text);
  const trace = lastStackTrace(texts);
  const best = new Map<string, Hit>();
  for (const [at, text] of texts.entries()) {
    const hit = meaningOf(text, at);
    if (hit === undefined) continue;
    const present = best.get(hit.signature.name);
    if (present === undefined || isBetter(hit, present, lines.length)) {
      best.set(hit.signature.name, hit);
    }
  }
  const hits = [...best.values()].sort(
    (left, right) => rank(right, lines.length) - rank(left, lines.length) || right.at - left.at,
  );
  const excerpts = hits.map((hit) => excerptOf(log, hit, lines, trace));
  const unexplained = trace !== undefined && !hits.some((hit) => isWithin(hit, trace));
  if (unexplained) {
    // A trace near the end says more than a symptom before it, less than a cause by name.
    const place = hits.findIndex((hit) => rank(hit, lines.length) < 3);
    excerpts.splice(place < 0 ? excerpts.length : place, 0, traceExcerpt(log, trace, lines));
  }
  if (excerpts.length === 0) {
    const words = lastWords(lines);
    if (words !== undefined) return [{ ...describe(log), ...words }];
  }
  return excerpts.slice(0, maxExcerpts);
}

function meaningOf(text: string, at: number): Hit | undefined {
  for (const signature of logSignatures) {
    for (const { match, runtime, means } of signature.patterns) {
      const found = match.exec(text);
      if (found === null) continue;
      const meaning = means(...found.slice(1).map((group: string | undefined) => group ?? ''));
      if (meaning !== undefined) return { signature, meaning, runtime, at };
    }
  }
  return undefined;
}

function rank({ signature, at }: Hit, lines: number): number {
  return signature.weight + (at >= lines - lastWordsLines ? 1 : 0);
}

/** Of two hits of one signature, in the order of the log: one that names what it is about, then the later one. */
function isBetter(later: Hit, present: Hit, lines: number): boolean {
  if (rank(later, lines) !== rank(present, lines)) return rank(later, lines) > rank(present, lines);
  return later.meaning.target !== undefined || present.meaning.target === undefined;
}

function isWithin({ at }: Hit, { headLine, lastLine }: StackTrace): boolean {
  return at >= Math.min(headLine, lastLine) - 1 && at <= Math.max(headLine, lastLine) + 1;
}

function describe({ container, life }: ContainerLog): Pick<LogExcerpt, 'container' | 'life'> {
  return { container, life };
}

function excerptOf(
  log: ContainerLog,
  hit: Hit,
  lines: readonly LogLine[],
  trace: StackTrace | undefined,
): LogExcerpt {
  const near = trace !== undefined && isWithin(hit, trace) ? trace : undefined;
  const runtime = near?.runtime ?? hit.runtime;
  const { summary, target } = hit.meaning;
  return {
    ...describe(log),
    signature: hit.signature.name,
    summary: quote(summary),
    ...(target === undefined || target === '' ? {} : { target: quote(target) }),
    ...(runtime === undefined ? {} : { runtime }),
    advice: hit.signature.advice,
    line: lines[hit.at]?.index ?? 0,
    lines: quotedLines(lines, [hit.at, ...frameLines(near, lines)]),
  };
}

function traceExcerpt(log: ContainerLog, trace: StackTrace, lines: readonly LogLine[]): LogExcerpt {
  const { runtime, type, message, headLine } = trace;
  return {
    ...describe(log),
    signature: type === 'panic' ? 'panic' : 'uncaught-exception',
    summary: quote(message === '' ? `it ended with ${type}` : `${type}: ${message}`),
    runtime,
    advice: 'Read the stack trace: the quoted frame is the innermost of the program’s own code.',
    line: lines[headLine]?.index ?? 0,
    lines: quotedLines(lines, [headLine, ...frameLines(trace, lines)]),
  };
}

function frameLines(trace: StackTrace | undefined, lines: readonly LogLine[]): number[] {
  if (trace?.frame === undefined) return [];
  const { frame } = trace;
  const at = lines.findIndex(
    ({ text }, index) =>
      index >= Math.min(trace.headLine - 120, trace.lastLine) && text.trim() === frame,
  );
  return at < 0 ? [] : [at];
}

function quotedLines(lines: readonly LogLine[], at: readonly number[]): string[] {
  return [...new Set(at)]
    .sort((left, right) => left - right)
    .map((index) => quote(lines[index]?.text ?? ''));
}

function quote(text: string): string {
  const safe = redactText(text.trim());
  return safe.length > maxQuotedCharacters ? `${safe.slice(0, maxQuotedCharacters - 1)}…` : safe;
}

/** What a program says last, when it sounds like the reason. */
const soundsLikeReason =
  /\b(?:fatal|panic|error|exception|critical|emerg|abort(?:ed|ing)?|fail(?:ed|ure|s)?|cannot|can't|could not|unable to|refus(?:ed|es)|denied|invalid|missing|expired|lost|unavailable|unexpected|timed out|no [a-z]+|not [a-z]+|does not exist|giving up|exiting)\b/i;

/** Looked at for last words, in lines. */
const lastWordsWithin = 12;

function lastWords(
  lines: readonly LogLine[],
): Pick<LogExcerpt, 'signature' | 'summary' | 'advice' | 'line' | 'lines'> | undefined {
  const line = lines.slice(-lastWordsWithin).findLast(({ text }) => soundsLikeReason.test(text));
  if (line === undefined) return undefined;
  return {
    signature: 'last-words',
    summary: quote(`it said ${JSON.stringify(quote(line.text))}`),
    advice: 'Read the log around this line.',
    line: line.index,
    lines: [quote(line.text)],
  };
}
