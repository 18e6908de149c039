import { any, firstMatch, type ContainerFacts, type Field, type Proof } from '../facts/index.ts';
import { command, kubectl, kubectlLogs } from './command.ts';
import { high, low, medium, type ContainerRule } from './rule.ts';
import type { Confidence } from '../model/index.ts';
import { couldNotStart, saidAtStart, startTexts } from './start-texts.ts';

/**
 * What runc, crun and docker say when the program cannot be run, of Kubernetes 1.9 to 1.36. A missing directory or mount
 * ends in `no such file or directory` too, so the word `exec` or `executable` must be there.
 */
const notFound = execFailed(
  'no such file',
  /executable (?:file )?[^:]{0,200}not found|(?:find|finding) executable\b|failed to load \S+: no such file|the file \S+ was not found|the system cannot find the (?:file|path) specified|command '[^']*' not found/,
);
const notExecutable = execFailed(
  '(?:permission denied|operation not permitted|is a directory)',
  /executable file \S+ not executable/,
);
/** Of Linux, and of Windows for a program of another system or version. */
const wrongFormat =
  /exec format error|not compatible with the version of Windows|not a valid (?:Win32 )?application/i;

/**
 * The one line that a container leaves when its program was found but could not be executed: the runtime has started it
 * by then, so it ends with code 1 and its log holds nothing else.
 */
function execLine(what: string): RegExp {
  const runc = `\\s*(?:exec \\S+|\\S+: exec user process caused):? "?${what}"?\\s*`;
  // crun writes it as JSON.
  const crun = `\\{"msg":"exec container process[^:]*: ${what}".*\\}\\s*`;
  return new RegExp(`^(?:${runc}|${crun})$`, 'i');
}

const formatLine = execLine('exec format error');
/** A shell that takes a program of another architecture for a script. */
const notAScript = /^\S+: (?:line )?\d+: \W*ELF/i;
/** A shell that was given one to run, and emulators that cannot. */
const notForThisCpu =
  /: cannot execute binary file: exec format error\s*$|^\S+: (?:line )?\d+: \S+: exec format error\s*$|^qemu-\w+: could not open '\/lib|^rosetta error: failed to open elf/i;
const missingLine = execLine('no such file or directory');
const deniedLine = execLine('(?:permission denied|operation not permitted)');

const execFormat: ContainerRule = {
  name: 'exec-format-error',
  category: 'ExecFormatError',
  mode: 9,
  when: {
    'the runtime or the log says exec format error': (container) =>
      any(
        saidAtStart(container, wrongFormat),
        leftOnly(container, formatLine),
        leftOnly(container, notAScript),
        leftOnly(container, notForThisCpu),
      ),
  },
  shows: howItEnded,
  concludes: (container) => ({
    summary: `Container ${container.name} cannot run on its node: its program is for another CPU architecture, or is a script without a #! line.`,
    confidence: high('the system says exec format error'),
    remediation: 'report-only',
    advice:
      'Build the image for the architecture of the node, or keep the pod to nodes of the right one with a nodeSelector on kubernetes.io/arch. For a script, add the #! line.',
    nextQuestion: `Which architecture has the node? ${command('kubectl', 'get', 'node', container.pod.nodeName.text, '-L', 'kubernetes.io/arch')}`,
  }),
};

const commandNotFound: ContainerRule = {
  name: 'command-not-found',
  category: 'CommandNotFound',
  mode: 8,
  when: {
    'the runtime, the log or the exit code says that the command is not there': (container) =>
      any(
        saidOfProgram(container, notFound),
        leftOnly(container, missingLine),
        endedWith(container, 127),
      ),
  },
  shows: howItEnded,
  concludes: (container) => ({
    summary: `Container ${container.name} cannot start: ${missing(container)}`,
    confidence: saidOr127(container),
    remediation: 'report-only',
    advice:
      'Check command and args against the image: a typo, a command with its arguments in one string, a wrong image or tag, a #! line or library that is not there.',
    nextQuestion: `What does it try to run? ${kubectl(container.pod, 'get', 'pod', container.pod.name, '-o', 'yaml')}`,
    wouldChange: 'A log that names another file, which the program itself looks for.',
  }),
};

const notExecutableRule: ContainerRule = {
  name: 'command-not-executable',
  category: 'CommandNotExecutable',
  mode: 7,
  when: {
    'the runtime, the log or the exit code says that the command may not be executed': (
      container,
    ) =>
      any(
        saidOfProgram(container, notExecutable),
        leftOnly(container, deniedLine),
        endedWith(container, 126),
      ),
  },
  shows: howItEnded,
  concludes: (container) => ({
    summary: `Container ${container.name} cannot start: its command is there but may not be executed.`,
    confidence:
      container.ended?.code === 126
        ? medium('exit code 126 is how a shell says it')
        : high('the runtime says permission denied'),
    remediation: 'report-only',
    advice:
      'Set the executable bit in the image (chmod +x, COPY --chmod), or run it through its interpreter. A volume mounted noexec, or a directory in place of a file, looks the same.',
    nextQuestion: `What did it say? ${kubectlLogs(container)}`,
  }),
};

const startError: ContainerRule = {
  name: 'start-error',
  category: 'StartError',
  mode: 10,
  when: {
    'the runtime could not start it': couldNotStart,
  },
  unless: {
    'the container could not even be made': ({ waitingReason }) =>
      waitingReason.is('CreateContainerError'),
  },
  shows: (container) => [...startTexts(container).slice(0, 2), ...howItEnded(container)],
  concludes: (container) => ({
    summary: `The runtime cannot start container ${container.name}: ${lastClause(startTexts(container))}.`,
    confidence: high('the runtime says so'),
    remediation: 'report-only',
    advice:
      'Read the text of the runtime: limits too low to start with, mounts, devices, seccomp and cgroups of the node. If the same pod starts on another node, it is the node.',
    nextQuestion: `Do other pods start on the node? ${command('kubectl', 'get', 'pods', '-A', '--field-selector', `spec.nodeName=${container.pod.nodeName.text ?? ''}`)}`,
  }),
};

/** What the program file is comes before that the runtime failed. */
export const startRules: readonly ContainerRule[] = [
  execFormat,
  commandNotFound,
  notExecutableRule,
  startError,
];

/**
 * What failed on the node before there was a program to run: programs of its own that the runtime calls, hooks of GPU
 * runtimes, the specification of the container.
 */
const beforeProgram =
  /failed to create containerd container|failed to generate (?:container|spec)|\bhook (?:#?\d|caused|failed)|running hook|retrieve OCI runtime error/i;

function saidOfProgram(container: ContainerFacts, pattern: RegExp): Proof {
  if (couldNotStart(container) === false) return false;
  const texts = startTexts(container).filter((text) => text.matches(beforeProgram) === false);
  return firstMatch(texts, pattern);
}

/** What runc, crun and docker say of the program file, and what else means the same. */
function execFailed(why: string, otherwise: RegExp): RegExp {
  const file = String.raw`(?:\\*"[^"\n]{1,300}?\\*"|[^"\s\\]+)`;
  const forms = [
    `exec:? ${file}: (?:stat [^:]+: )?${why}`,
    `exec user process caused:? \\W*${why}`,
    `exec container process[^:]*: ${why}`,
    `open executable: ${why}`,
    otherwise.source,
  ];
  return new RegExp(forms.join('|'), 'i');
}

/** Holds when the line is all that the container left, in its message or in its log. */
function leftOnly({ lastWords }: ContainerFacts, line: RegExp): Proof {
  const [message, first, second] = lastWords;
  return any(
    message?.matches(line) ?? false,
    second === undefined && (first?.matches(line) ?? false),
  );
}

/** A shell's way to say it. Where the runtime says why it could not start the container, that counts and not its code. */
function endedWith(container: ContainerFacts, code: number): Proof {
  const isTold =
    couldNotStart(container) !== false && startTexts(container).some(({ isPresent }) => isPresent);
  return !isTold && (container.ended?.exitCode.is(code) ?? false);
}

function howItEnded({ ended, restartCount }: ContainerFacts): readonly Field[] {
  return ended === undefined
    ? [restartCount]
    : [ended.reason, ended.exitCode, ended.message, restartCount];
}

function saidOr127(container: ContainerFacts): Confidence {
  if (saidOfProgram(container, notFound) !== false) return high('the runtime says so');
  return container.ended?.code === 127
    ? medium('exit code 127 is how a shell says it')
    : low('one line of the log says so');
}

/** The sentence of the runtime that names the file, or what the exit code means. */
function missing(container: ContainerFacts): string {
  const said = firstMatch(startTexts(container), notFound);
  if (said !== false) return `${lastClause(said)}.`;
  return container.ended?.code === 127
    ? 'a command that it runs is not there (exit code 127).'
    : 'the program, or the interpreter in its #! line, is not there.';
}

const outerClauses =
  /^.*(?:unable to start container process|starting container process caused|OCI runtime create failed|runc create failed|Error response from daemon|level=error msg="?)[:\s]*/i;

/** The part of a runtime's chain of causes that says something: after the last outer clause. */
function lastClause([text]: readonly Field[]): string {
  const cause = (text?.text ?? 'no text').replace(outerClauses, '').replace(/: unknown$/, '');
  return cause.trim().slice(0, 200);
}
