import type { ProgramRuntime } from '../model/finding.ts';

/** An exception that nobody caught, or a panic, as a runtime prints it. */
export interface StackTrace {
  readonly runtime: ProgramRuntime;
  /** `TypeError`, `java.lang.IllegalStateException`, `panic`. */
  readonly type: string;
  readonly message: string;
  /** The innermost frame that is not the runtime's or a library's own; absent when there is none. */
  readonly frame?: string;
  /** Lines of the log: of the one with type and message, and of the last of the trace. */
  readonly headLine: number;
  readonly lastLine: number;
}

/** How one runtime prints a trace: what begins it, what its frames look like. */
interface TraceFormat {
  readonly runtime: ProgramRuntime;
  /** The line with type and message, or the one that announces it. */
  readonly head: RegExp;
  /** Type and message from the match of the head; undefined: the next line has the message. */
  readonly read: (match: RegExpExecArray, next: string) => Head | undefined;
  readonly frame: RegExp;
  /** Frames of the runtime and of libraries. */
  readonly foreign: RegExp;
  /** Lines between frames that belong to the trace. */
  readonly between?: RegExp;
  /** Whether the head stands at the end of the trace, as Python prints it. */
  readonly isHeadLast?: true;
  /** Whether a trace is one without a frame. */
  readonly needsNoFrame?: true;
}

interface Head {
  readonly type: string;
  readonly message: string;
}

/** Longest trace that is followed, in lines. */
const maxTraceLines = 120;

const formats: readonly TraceFormat[] = [
  {
    runtime: 'node',
    head: /^(?:Uncaught )?(?:\S{1,40} )?\[?([A-Z]\w{0,60}(?:Error|Exception)|Error)(?: \[\w{1,60}\])?: (.{0,500})$/,
    read: typeAndMessage,
    frame:
      /^\s{2,8}at (?:async )?(?:[^\n(]{1,200} \()?(?:file:\/\/)?[^\n()]{1,300}:\d{1,7}:\d{1,7}\)?/,
    foreign: /node:|node_modules|internal\//,
    between:
      /^\s{0,4}[{}[\]]|^\s{2,}(?:code|errno|syscall|address|port|path|requireStack|cause|\[errors?\]):?|^Require stack:|^- \//,
  },
  {
    runtime: 'python',
    head: /^([\w.]{1,120}(?:Error|Exception|Exit|Interrupt|Warning|Timeout|NotFound|Unavailable|DoesNotExist|[A-Z]\w{0,60})): ?(.{0,500})$|^([A-Z]\w{0,60}(?:Error|Exception|Interrupt))$/,
    read: (match) => ({ type: match[1] ?? match[3] ?? '', message: match[2] ?? '' }),
    frame: /^\s{2,4}File "[^"\n]{1,300}", line \d{1,7}/,
    foreign: /site-packages|dist-packages|\/lib\/python|<frozen/,
    between: /^\s{4}\S|^\s{4,}[~^]{1,200}/,
    isHeadLast: true,
  },
  {
    runtime: 'java',
    head: /^(?:Exception in thread "[^"\n]{1,100}" |Caused by: |.{0,120}?\b)((?:[a-z][\w$]{0,40}\.){1,12}[A-Z][\w$]{0,80}(?:Exception|Error|Throwable|Failure))(?:: (.{0,500}))?$/,
    read: typeAndMessage,
    frame: /^\s{0,8}at (?:[\w.$/@-]{1,300})\([^\n)]{0,200}\)/,
    foreign:
      /\bat (?:java|javax|jdk|sun|com\.sun|org\.springframework|org\.apache|org\.hibernate|io\.netty|reactor|kotlin)\b/,
    between: /^\s{0,8}\.\.\. \d{1,5} (?:more|common frames omitted)/,
  },
  {
    runtime: 'go',
    head: /^(?:panic|fatal error): (.{0,500})$/,
    read: (match) => ({ type: 'panic', message: match[1] ?? '' }),
    frame: /^\t[^\s]{1,300}\.go:\d{1,7}/,
    foreign: /\/usr\/local\/go\/|\/go\/pkg\/mod\/|runtime\/|\/vendor\//,
    between:
      /^goroutine \d{1,10} |^[\w./*()-]{1,200}\(.{0,200}\)$|^\[signal |^created by |^\s*$|^exit status/,
    needsNoFrame: true,
  },
  {
    runtime: 'rust',
    head: /^thread '[^'\n]{1,100}'(?: \(\d{1,10}\))? panicked at (?:'(.{0,500})', )?([^\s']{1,200}:\d{1,7}(?::\d{1,7})?):?$/,
    read: (match, next) => ({ type: 'panic', message: match[1] ?? next.trim() }),
    frame: /^\s{0,12}(?:\d{1,4}: |at )[^\n]{1,300}/,
    foreign: /\bstd::|core::|rust_begin_unwind|\/rustc\/|\.cargo\/registry/,
    between: /^note: |^stack backtrace:|^\S/,
    needsNoFrame: true,
  },
  {
    runtime: 'dotnet',
    head: /^(?:Unhandled [Ee]xception[.:] |.{0,60}?---> |.{0,100}?\b)?((?:[A-Z]\w{0,60}\.){1,8}[A-Z]\w{0,80}Exception)(?: \(0x[0-9A-Fa-f]{1,8}\))?: (.{0,500})$/,
    read: typeAndMessage,
    frame: /^\s{3}at [\w.`<>[\],+|]{1,300}\([^\n)]{0,300}\)/,
    foreign: /\bat (?:System|Microsoft|Npgsql)\./,
    between: /^\s{0,3}--- End of|^\s*--->/,
  },
  {
    runtime: 'ruby',
    head: /^([^\s:]{1,200}\.rb:\d{1,7}):in [`'][^'\n]{1,120}': (.{0,400}) \(([\w:]{1,120})\)$/,
    read: (match) => ({ type: match[3] ?? '', message: match[2] ?? '' }),
    frame: /^\s{0,8}(?:\d{1,4}: )?from [^\s:]{1,300}:\d{1,7}/,
    foreign: /\/gems\/|\/lib\/ruby\//,
    needsNoFrame: true,
  },
  {
    runtime: 'php',
    head: /^(?:PHP )?Fatal error: {1,2}(?:Uncaught ([\w\\]{1,120})(?:: | \d{1,3} ))?(.{0,400})$/,
    read: (match) => ({ type: match[1] ?? 'Fatal error', message: match[2] ?? '' }),
    frame: /^#\d{1,4} [^\n]{1,300}/,
    foreign: /\/vendor\/|\[internal function\]|\{main\}/,
    between: /^Stack trace:|^ {2}thrown in/,
    needsNoFrame: true,
  },
];

function typeAndMessage(match: RegExpExecArray): Head {
  return { type: match[1] ?? '', message: match[2] ?? '' };
}

/** The last stack trace of a log: what ended the program is at the end. Of a chain of causes the deepest. */
export function lastStackTrace(lines: readonly string[]): StackTrace | undefined {
  for (let index = lines.length - 1; index >= 0; index--) {
    for (const format of formats) {
      const trace = traceAt(lines, index, format);
      if (trace !== undefined) return trace;
    }
  }
  return undefined;
}

function traceAt(
  lines: readonly string[],
  index: number,
  format: TraceFormat,
): StackTrace | undefined {
  const match = format.head.exec(lines[index] ?? '');
  if (match === null) return undefined;
  const head = format.read(match, lines[index + 1] ?? '');
  if (head === undefined) return undefined;
  const frames =
    format.isHeadLast === true
      ? framesBefore(lines, index, format)
      : framesAfter(lines, index, format);
  if (frames.length === 0 && format.needsNoFrame !== true) return undefined;
  const own = frames.filter((at) => !format.foreign.test(lines[at] ?? ''));
  // Python prints the innermost frame last, the others first.
  const innermost = format.isHeadLast === true ? own.at(-1) : own[0];
  const frame = innermost === undefined ? undefined : lines[innermost]?.trim();
  const lastFrame = format.isHeadLast === true ? index : (frames.at(-1) ?? index);
  return {
    runtime: format.runtime,
    ...head,
    ...(frame === undefined ? {} : { frame }),
    headLine: index,
    lastLine: lastFrame,
  };
}

function framesAfter(
  lines: readonly string[],
  head: number,
  { frame, between, head: nextHead }: TraceFormat,
): number[] {
  const frames: number[] = [];
  const end = Math.min(lines.length, head + 1 + maxTraceLines);
  for (let index = head + 1; index < end; index++) {
    const line = lines[index] ?? '';
    if (frame.test(line)) frames.push(index);
    else if (frames.length > 0 && nextHead.test(line)) break;
    else if (between?.test(line) !== true && frames.length > 0) break;
    // A message may take several lines before the first frame.
    else if (frames.length === 0 && index > head + 12) break;
  }
  return frames;
}

function framesBefore(
  lines: readonly string[],
  head: number,
  { frame, between }: TraceFormat,
): number[] {
  const frames: number[] = [];
  for (let index = head - 1; index >= 0 && index >= head - maxTraceLines; index--) {
    const line = lines[index] ?? '';
    if (frame.test(line)) frames.unshift(index);
    else if (between?.test(line) !== true) break;
  }
  return frames;
}
