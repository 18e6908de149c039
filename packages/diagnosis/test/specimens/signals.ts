import type { Category } from '../../src/index.ts';
import { life, podOf } from './pods.ts';
import type { Specimen } from './specimen.ts';

function crash(
  name: string,
  exitCode: number,
  category: Category,
  more: Partial<Specimen['expected'][number]> = {},
  message?: string,
): Specimen {
  const last = life('Error', exitCode, message === undefined ? {} : { message });
  return {
    name,
    observation: podOf({ containers: [{ waiting: 'CrashLoopBackOff', restarts: 3, last }] }),
    expected: [{ category, severity: 'critical', remediation: 'report-only', ...more }],
  };
}

export const signalSpecimens: readonly Specimen[] = [
  crash('a program aborts', 134, 'Aborted', {
    mode: 11,
    confidence: 'high',
    rejected: ['AppError'],
  }),
  crash(
    'Node.js as PID 1 runs out of heap',
    139,
    'Aborted',
    { confidence: 'medium', rejected: ['SegmentationFault'] },
    'FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory\n',
  ),
  {
    name: 'Node.js as PID 1 runs out of heap, which only its log says',
    observation: podOf({
      containers: [{ restarts: 3, terminated: life('Error', 139) }],
      logs: [
        {
          pod: { name: 'web' },
          container: 'app',
          life: 'current',
          text: 'start\nFATAL ERROR: Reached heap limit Allocation failed\n----- Native stack trace\n',
        },
      ],
    }),
    expected: [{ category: 'Aborted', paths: ['lines[1]'] }],
  },
  crash('a program aborts on Windows', -1073740791, 'Aborted'),
  crash(
    'a program tells of a full heap and ends with an error of its own',
    1,
    'AppError',
    { notRejected: ['Aborted'] },
    'FATAL ERROR: Reached heap limit\n',
  ),
  crash('a program dies of a segmentation fault', 139, 'SegmentationFault', {
    mode: 13,
    confidence: 'high',
    notRejected: ['Aborted'],
  }),
  crash('a program touches memory that is not its own on Windows', 3221225477, 'SegmentationFault'),
  crash('a program has a corrupt heap on Windows', 0xc0000374, 'Aborted'),
  crash('a program lacks a DLL on Windows', 3221225781, 'FatalSignal', { says: /missing DLL/ }),
  crash('a program overflows its stack on Windows', -1073741571, 'FatalSignal', {
    says: /stack overflow/,
  }),
  crash(
    'Node.js is trapped when it runs out of heap',
    133,
    'Aborted',
    { confidence: 'medium' },
    'FATAL ERROR: Ineffective mark-compacts near heap limit Allocation failed\n',
  ),
  crash('a program does not fit the CPU', 132, 'FatalSignal', { mode: 13, says: /SIGILL/ }),
  crash('a program calls what seccomp forbids', 159, 'FatalSignal', { says: /SIGSYS/ }),
  crash('a program reads beyond /dev/shm', 135, 'FatalSignal', { says: /SIGBUS/ }),
  crash('a program ends as if it were asked to stop, again and again', 143, 'AppError', {
    confidence: 'low',
    says: /as if it were asked to stop/,
    notRejected: ['Terminated'],
  }),
  {
    name: 'a container was stopped once',
    observation: podOf({
      containers: [{ running: 5, restarts: 1, last: life('Error', 143) }],
    }),
    expected: [
      {
        category: 'Terminated',
        mode: 14,
        severity: 'info',
        remediation: 'none',
        rejected: ['AppError'],
      },
    ],
  },
  {
    name: 'a container of a Job was interrupted',
    observation: podOf({
      owner: 'Job',
      spec: { restartPolicy: 'Never' },
      status: { phase: 'Failed' },
      containers: [{ terminated: life('Error', 130) }],
    }),
    expected: [{ category: 'Terminated', severity: 'warning' }],
  },
  {
    name: 'a container waits to be started again after its first stop',
    observation: podOf({
      containers: [{ waiting: 'CrashLoopBackOff', restarts: 1, last: life('Error', 143) }],
    }),
    expected: [{ category: 'AppError', rejected: ['Terminated'] }],
  },
];
