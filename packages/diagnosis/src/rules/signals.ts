import { firstMatch, type ContainerFacts, type Field, type Proof } from '../facts/index.ts';
import { kubectlLogs } from './command.ts';
import { high, low, medium, type ContainerRule } from './rule.ts';

/** The signals that a program dies of by its own fault, by exit code: 128 + the number of the signal. */
const fatalSignals: Readonly<Record<number, readonly [name: string, meaning: string]>> = {
  131: ['SIGQUIT', 'it was asked to quit and leave a dump'],
  132: ['SIGILL', 'an instruction that this CPU does not know'],
  133: ['SIGTRAP', 'a trap: a breakpoint, or a failed check of the compiler'],
  135: ['SIGBUS', 'memory that cannot be reached: a truncated file, or a full /dev/shm'],
  136: ['SIGFPE', 'arithmetic: often a division by zero'],
  159: ['SIGSYS', 'a system call that its seccomp profile forbids'],
};

/** Faults of Windows: codes of NTSTATUS, which container runtimes show as signed or as unsigned numbers. */
const windowsFaults: Readonly<Record<number, readonly [name: string, meaning: string]>> = {
  0xc000001d: ['an illegal instruction', 'this CPU does not know it'],
  0xc0000006: ['an in-page error', 'a file that it had mapped cannot be read'],
  0xc0000017: ['want of memory', 'Windows had none left for it'],
  0xc0000094: ['a division by zero', 'a fault of its arithmetic'],
  0xc00000fd: ['a stack overflow', 'calls without end'],
  0xc0000135: ['a missing DLL', 'a library that it needs is not in the image'],
  0xc0000139: ['a missing entry point', 'a library in the image is of another version'],
  0xc0000142: ['a DLL that failed to start', 'a library that it needs cannot be initialized'],
};
const accessViolation = 0xc0000005;
/** Fail fast, a corrupt heap, and Environment.FailFast of .NET. */
const windowsAborts: readonly (number | undefined)[] = [0xc0000409, 0xc0000374, 0x80131623];

/** The code as an unsigned number. */
function unsigned(code: number | undefined): number | undefined {
  return code === undefined || code >= 0 ? code : code + 2 ** 32;
}

/** What an abort leaves to say: of V8, glibc, C++, Rust, the JVM, Go. */
const abortWords =
  /heap out of memory|Reached heap limit|FATAL ERROR:|Aborted|terminate called|Assertion .* failed|double free|malloc\(\)|corrupted|stack smashing|std::bad_alloc|SIGABRT|OutOfMemoryError/i;

const aborted: ContainerRule = {
  name: 'aborted',
  category: 'Aborted',
  mode: 11,
  when: {
    'it aborted, by its exit code or its last words': (container) => {
      const { ended } = container;
      if (ended === undefined) return false;
      if (ended.code === 134 || windowsAborts.includes(unsigned(ended.code))) {
        return [ended.exitCode];
      }
      // As PID 1 a program cannot abort: the kernel ignores its SIGABRT, and libc dies of another signal.
      const isKilled = ended.code === 139 || ended.code === 132 || ended.code === 133;
      const said = isKilled && firstMatch(container.lastWords, abortWords);
      return said !== false && [ended.exitCode, ...said];
    },
  },
  shows: howItEnded,
  concludes: (container) => ({
    summary: `Container ${container.name} aborted itself (${container.ended?.end ?? ''}).`,
    confidence:
      container.ended?.code === 134
        ? high('exit code 134 is SIGABRT')
        : medium('its last words are those of an abort'),
    remediation: 'report-only',
    advice:
      'A failed assertion, or a runtime that gave up: of Node.js and the JVM mostly a heap that is full (raise --max-old-space-size or -Xmx within the memory limit). Its last lines name it.',
    nextQuestion: `What did it say last? ${kubectlLogs(container)}`,
  }),
};

const segmentationFault: ContainerRule = {
  name: 'segmentation-fault',
  category: 'SegmentationFault',
  mode: 13,
  when: {
    'its exit code is that of SIGSEGV, or of an access violation': ({ ended }) =>
      ended !== undefined &&
      (ended.code === 139 || unsigned(ended.code) === accessViolation) && [ended.exitCode],
  },
  shows: howItEnded,
  concludes: (container) => ({
    summary: `Container ${container.name} dies of a segmentation fault (${container.ended?.end ?? ''}).`,
    confidence: high('the exit code names the signal'),
    remediation: 'report-only',
    advice:
      'Native code touched memory that is not its own: a library that does not fit (musl or glibc, CPU features), a bug. Compare with the last image that ran. An abort of PID 1 looks the same.',
    nextQuestion: `What did it say last? ${kubectlLogs(container)}`,
    wouldChange: 'Last words that tell of an abort, such as a full heap.',
  }),
};

const fatalSignal: ContainerRule = {
  name: 'fatal-signal',
  category: 'FatalSignal',
  mode: 13,
  when: {
    'its exit code is that of a signal that a program dies of by itself': ({ ended }) =>
      ended !== undefined && faultOf(ended.code) !== undefined && [ended.exitCode],
  },
  shows: howItEnded,
  concludes: (container) => {
    const [name, meaning] = faultOf(container.ended?.code) ?? ['a signal', 'a fault'];
    return {
      summary: `Container ${container.name} dies of ${name}: ${meaning}.`,
      confidence: high('the exit code names the signal'),
      remediation: 'report-only',
      advice:
        'Compare with the last image that ran, the CPU of the node, and the seccomp profile. If many pods of one node die of SIGBUS, look at its disk and memory.',
      nextQuestion: `What did it say last? ${kubectlLogs(container)}`,
    };
  },
};

const terminatedOnce: ContainerRule = {
  name: 'terminated',
  category: 'Terminated',
  mode: 14,
  when: {
    'its exit code is that of SIGTERM or SIGINT': stoppedBySignal,
    'it did not happen again': ({ restarts, restartCount }) => restarts <= 1 && [restartCount],
  },
  unless: {
    'it waits to be started again, and again': ({ waitingReason }) =>
      waitingReason.is('CrashLoopBackOff'),
  },
  shows: howItEnded,
  concludes: (container) => ({
    summary: `Container ${container.name} was stopped (${container.ended?.end ?? ''}); by whom is not in evidence.`,
    confidence: medium('its exit code is that of a request to stop'),
    severity: container.isServing ? 'info' : 'warning',
    remediation: 'none',
    advice:
      'Nothing, unless it happens again: a stop is what a drain, a scale-down or a probe does.',
    nextQuestion: `Who stopped it? ${kubectlLogs(container)}`,
    wouldChange: 'The same again and again.',
  }),
};

const terminatedLoop: ContainerRule = {
  name: 'terminated-again',
  category: 'AppError',
  mode: 5,
  when: {
    'its exit code is that of SIGTERM or SIGINT': stoppedBySignal,
  },
  shows: howItEnded,
  concludes: (container) => ({
    summary: `Container ${container.name} ends again and again as if it were asked to stop (${container.ended?.end ?? ''}), though nothing in the cluster asks.`,
    confidence: low('the code is that of SIGTERM, and no probe or deletion explains it'),
    remediation: 'report-only',
    advice:
      'Look for what sends the signal inside the pod: a start script that stops its children, a supervisor, another container with a shared process namespace.',
    nextQuestion: `What did it say last? ${kubectlLogs(container)}`,
    wouldChange: 'An Event of a failed probe.',
  }),
};

export const signalRules: readonly ContainerRule[] = [
  aborted,
  segmentationFault,
  fatalSignal,
  terminatedOnce,
  terminatedLoop,
];

function faultOf(code: number | undefined) {
  return fatalSignals[code ?? 0] ?? windowsFaults[unsigned(code) ?? 0];
}

/** 130 and 143; 0xC000013A is the Ctrl-C of Windows. */
function stoppedBySignal({ ended }: ContainerFacts): Proof {
  return ended?.exitCode.is(130, 143, 0xc000013a, 0xc000013a - 2 ** 32) ?? false;
}

function howItEnded({ ended, restartCount }: ContainerFacts): readonly Field[] {
  return ended === undefined
    ? []
    : [ended.reason, ended.exitCode, ended.message, ended.finishedAt, restartCount];
}
