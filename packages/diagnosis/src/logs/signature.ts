import type { ProgramRuntime } from '../model/finding.ts';

/** What one line says. */
export interface LineMeaning {
  /** What happened, to follow `<container> …: `, without a full stop: `cannot find the module "pg"`. */
  readonly summary: string;
  /** What it is about: a module, `host:port`, a path, a variable. Equal targets in several pods speak of one cause. */
  readonly target?: string;
}

/** One wording of a signature. */
export interface LinePattern {
  /** Every repetition is bounded or of a simple class, so that a hostile line costs linear time. */
  readonly match: RegExp;
  /** Set where only one runtime words it like this. */
  readonly runtime?: ProgramRuntime;
  /** Given what the groups of the pattern matched; undefined: not this after all. */
  readonly means: (...groups: readonly string[]) => LineMeaning | undefined;
}

/** A way in which programs say why they end. */
export interface LogSignature {
  /** Such as `missing-module`. */
  readonly name: string;
  /**
   * How telling it is: 3 names a cause that nothing else explains, 2 one that a deeper cause may lie behind (a refused connection), 1 says only
   * that it failed. Of several in one log the most telling near the end is the answer.
   */
  readonly weight: 1 | 2 | 3;
  readonly patterns: readonly LinePattern[];
  /** What a person does about it: one or two sentences. */
  readonly advice: string;
}

/** `"x"`, with quotes of the log itself taken off and its length bounded. */
export function quoted(text: string): string {
  const bare = text.trim().replace(/^["'`‘“]+|["'`’”.,;:]+$/gu, '');
  return `"${bare.length > 120 ? `${bare.slice(0, 119)}…` : bare}"`;
}
