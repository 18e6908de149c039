import type { Category } from '../../src/index.ts';
import { event, life, podOf } from './pods.ts';
import type { Specimen } from './specimen.ts';

const runc =
  'failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: ';

type More = Partial<Specimen['expected'][number]>;

/** Between two attempts: the runtime said it at the last one. */
function failedStart(name: string, message: string, category: Category, more: More = {}): Specimen {
  return {
    name,
    observation: podOf({
      containers: [
        {
          waiting: {
            reason: 'CrashLoopBackOff',
            message: 'back-off 40s restarting failed container',
          },
          restarts: 3,
          last: { ...life('StartError', 128, { message }), startedAt: '1970-01-01T00:00:00Z' },
        },
      ],
    }),
    expected: [{ category, container: 'app', severity: 'critical', confidence: 'high', ...more }],
  };
}

/** It waits for this reason, and has never run. */
function stuck(
  name: string,
  reason: string,
  message: string,
  category: Category,
  more: More = {},
): Specimen {
  return {
    name,
    observation: podOf({
      status: { phase: 'Pending' },
      containers: [{ waiting: { reason, message } }],
    }),
    expected: [{ category, container: 'app', ...more }],
  };
}

function ended(
  name: string,
  last: ReturnType<typeof life>,
  category: Category,
  more: More = {},
): Specimen {
  return {
    name,
    observation: podOf({ containers: [{ waiting: 'CrashLoopBackOff', restarts: 3, last }] }),
    expected: [{ category, ...more }],
  };
}

/** The words are those of runc (1.0 to 1.2), crun and docker. */
export const startSpecimens: readonly Specimen[] = [
  failedStart(
    'runc does not find the command',
    `${runc}exec: "gunicorn": executable file not found in $PATH`,
    'CommandNotFound',
    {
      mode: 8,
      remediation: 'report-only',
      says: /exec: "gunicorn": executable file not found/,
      rejected: ['StartError', 'AppError'],
    },
  ),
  failedStart(
    'runc does not find the file of the command',
    `${runc}exec: "/app/serve": stat /app/serve: no such file or directory: unknown`,
    'CommandNotFound',
  ),
  failedStart(
    'an interpreter is missing, of an old runc',
    'OCI runtime create failed: container_linux.go:380: starting container process caused: exec user process caused: no such file or directory: unknown',
    'CommandNotFound',
  ),
  stuck(
    'docker does not find the command, and counts no restart',
    'RunContainerError',
    'API error (404): Cannot start container d5c3: [8] System error: exec: "start": executable file not found in $PATH',
    'CommandNotFound',
    { severity: 'critical' },
  ),
  stuck(
    'CRI-O and crun do not find the command when they make the container',
    'CreateContainerError',
    'container create failed: executable file `gunicorn` not found in $PATH: No such file or directory',
    'CommandNotFound',
  ),
  {
    name: 'docker does not find the command of an init container, and says so in an Event',
    observation: podOf({
      status: { phase: 'Pending' },
      containers: [
        { name: 'install', type: 'init', waiting: 'RunContainerError' },
        { waiting: 'PodInitializing' },
      ],
      events: [
        event(
          'Failed',
          'Error: failed to start container "install": Error response from daemon: OCI runtime create failed: exec: "wge": executable file not found in $PATH: unknown',
        ),
      ],
    }),
    expected: [{ category: 'CommandNotFound', container: 'install', containerType: 'init' }],
  },
  stuck(
    'gVisor does not find the program',
    'RunContainerError',
    'failed to create containerd task: failed to create shim task: OCI runtime create failed: creating container: starting container: failed to load /bin/server: no such file or directory: unknown',
    'CommandNotFound',
  ),
  stuck(
    'Kata does not find the program',
    'RunContainerError',
    'failed to create containerd task: failed to create shim task: the file /bin/server was not found: unknown',
    'CommandNotFound',
  ),
  failedStart(
    'a command has its arguments in one string',
    `${runc}exec: "python app.py": stat python app.py: no such file or directory: unknown`,
    'CommandNotFound',
  ),
  stuck(
    'crun may not execute the program',
    'CreateContainerError',
    'container create failed: exec container process `/bin/server`: Operation not permitted',
    'CommandNotExecutable',
  ),
  failedStart(
    'Windows does not run a program of another version',
    `failed to start containerd task "app": hcs::System::CreateProcess app: This version of %1 is not compatible with the version of Windows you're running.: unknown`,
    'ExecFormatError',
  ),
  stuck(
    'an image that is a volume has no such directory',
    'ImageVolumeMountFailed',
    'failed to mount image volume: subPath "models" does not exist in image volume',
    'VolumeMountFailure',
  ),
  stuck(
    'containerd lacks a program of its own on the node',
    'CreateContainerError',
    'failed to create containerd container: get apparmor_parser version: exec: "apparmor_parser": executable file not found in $PATH',
    'CreateContainerError',
    { notRejected: ['CommandNotFound'] },
  ),
  failedStart(
    'the hook of a GPU runtime lacks a program of its own on the node',
    `${runc}error running prestart hook #0: exec: "nvidia-container-runtime-hook": executable file not found in $PATH: unknown`,
    'StartError',
    { notRejected: ['CommandNotFound'] },
  ),
  ended(
    'crun leaves one line: another architecture',
    life('Error', 1, {
      message:
        '{"msg":"exec container process `/app/serve`: Exec format error","level":"error","time":"2024-05-01T10:00:00Z"}\n',
    }),
    'ExecFormatError',
  ),
  ended(
    'a shell was given a program of another architecture',
    life('Error', 126, {
      message: '/start.sh: line 3: /app/serve: cannot execute binary file: Exec format error\n',
    }),
    'ExecFormatError',
    { rejected: ['CommandNotExecutable'] },
  ),
  ended(
    'an emulator lacks the libraries of another architecture',
    life('Error', 255, {
      message:
        "qemu-x86_64: Could not open '/lib64/ld-linux-x86-64.so.2': No such file or directory\n",
    }),
    'ExecFormatError',
  ),
  ended(
    'a program with capabilities may not be executed',
    life('Error', 255, { message: 'exec /coredns: operation not permitted\n' }),
    'CommandNotExecutable',
  ),
  {
    name: 'a container that cannot be started has no last state, and an Event says why',
    observation: podOf({
      containers: [{ waiting: 'CrashLoopBackOff', restarts: 3 }],
      events: [
        event(
          'Failed',
          'Error: failed to start container "app": Error response from daemon: OCI runtime create failed: starting container process caused: exec: "serve": executable file not found in $PATH: unknown',
          { container: 'app', seen: 40 },
        ),
        event('Started', 'Started container app', { container: 'app', type: 'Normal', seen: 400 }),
      ],
    }),
    expected: [{ category: 'CommandNotFound', rejected: ['StartError', 'AppError'] }],
  },
  {
    name: 'a container that was started since has no last state',
    observation: podOf({
      containers: [{ waiting: 'CrashLoopBackOff', restarts: 3 }],
      events: [
        event('Failed', 'Error: failed to start container "app": OCI runtime create failed', {
          container: 'app',
          seen: 400,
        }),
        event('Started', 'Started container app', { container: 'app', type: 'Normal', seen: 40 }),
      ],
    }),
    expected: [{ category: 'AppError', confidence: 'low' }],
  },
  ended(
    'a shell does not find a command',
    life('Error', 127, { message: 'sh: gunicorn: not found\n' }),
    'CommandNotFound',
    { confidence: 'medium' },
  ),
  ended(
    'the interpreter of a script is missing, which only the log says',
    life('Error', 1, { message: 'exec /bin/run.py: no such file or directory\n' }),
    'CommandNotFound',
    { confidence: 'low' },
  ),
  {
    name: 'a program is for another architecture, which only its log says',
    observation: podOf({
      containers: [{ waiting: 'CrashLoopBackOff', restarts: 3, last: life('Error', 1) }],
      logs: [
        {
          pod: { namespace: 'shop', name: 'web' },
          container: 'app',
          life: 'previous',
          text: '\nexec /bin/server-arm64: exec format error\n',
        },
      ],
    }),
    expected: [{ category: 'ExecFormatError', paths: ['lines[1]'] }],
  },
  {
    name: 'logs of another life, container, pod and namespace do not matter',
    observation: podOf({
      containers: [{ waiting: 'CrashLoopBackOff', restarts: 3, last: life('Error', 1) }],
      logs: (
        [
          ['shop', 'web', 'app', 'current'],
          ['shop', 'web', 'proxy', 'previous'],
          ['shop', 'api', 'app', 'previous'],
          ['bank', 'web', 'app', 'previous'],
        ] as const
      ).map(([namespace, name, container, of]) => ({
        pod: { namespace, name },
        container,
        life: of,
        text: 'exec /bin/server-arm64: exec format error\n',
      })),
    }),
    expected: [{ category: 'AppError', notRejected: ['ExecFormatError'] }],
  },
  ended(
    'a program says that a file is missing, among other things',
    life('Error', 1, { message: 'starting\nexec /bin/run.py: no such file or directory\n' }),
    'AppError',
    { notRejected: ['CommandNotFound'] },
  ),
  stuck(
    'docker 18 quotes what runc says',
    'RunContainerError',
    'failed to start container "b2": Error response from daemon: OCI runtime create failed: container_linux.go:345: starting container process caused "exec: \\"serve\\": executable file not found in $PATH": unknown',
    'CommandNotFound',
  ),
  failedStart(
    'Windows does not find the command',
    'hcs::System::CreateProcess: serve.exe: The system cannot find the file specified.: unknown',
    'CommandNotFound',
  ),
  {
    name: 'docker could not start a container, and only its code is left',
    observation: podOf({
      containers: [
        { waiting: 'CrashLoopBackOff', restarts: 3, last: life('ContainerCannotRun', 127) },
      ],
    }),
    expected: [{ category: 'CommandNotFound', confidence: 'medium' }],
  },
  {
    name: 'docker ends with 127 for a mount that fails',
    observation: podOf({
      containers: [
        {
          waiting: 'CrashLoopBackOff',
          restarts: 3,
          last: life('ContainerCannotRun', 127, {
            message:
              'oci runtime error: container_linux.go:247: starting container process caused "process_linux.go:359: container init caused \\"rootfs_linux.go:54: mounting \\\\\\"/etc/app\\\\\\" caused \\\\\\"not a directory\\\\\\"\\""',
          }),
        },
      ],
    }),
    expected: [{ category: 'StartError' }],
  },
  ended(
    'a shell takes a program of another architecture for a script',
    life('Error', 2, { message: '/bin/server-arm64: line 1: \x7fELF: not found\n' }),
    'ExecFormatError',
  ),
  failedStart(
    'the file of the command may not be executed',
    `${runc}exec: "/bin/entrypoint.sh": permission denied`,
    'CommandNotExecutable',
    { mode: 7, remediation: 'report-only' },
  ),
  stuck(
    'crun says that the file of the command may not be executed',
    'CreateContainerError',
    'container create failed: executable file `/entry.sh` not executable: Permission denied',
    'CommandNotExecutable',
  ),
  failedStart(
    'the command is a directory',
    `${runc}exec: "/app": is a directory: unknown`,
    'CommandNotExecutable',
  ),
  ended(
    'a shell may not execute a script',
    life('Error', 126, { message: 'sh: /bin/entrypoint.sh: Permission denied\n' }),
    'CommandNotExecutable',
    { confidence: 'medium' },
  ),
  failedStart(
    'a program is for another architecture, of a new runc',
    `${runc}exec /app/serve: exec format error`,
    'ExecFormatError',
    { mode: 9, rejected: ['StartError'] },
  ),
  ended(
    'a program is for another architecture, of an old docker',
    life('Error', 1, {
      message: 'standard_init_linux.go:228: exec user process caused: exec format error\n',
    }),
    'ExecFormatError',
  ),
  failedStart(
    'a file is mounted onto a directory',
    `${runc}error during container init: error mounting "/var/lib/kubelet/x" to rootfs at "/etc/app": not a directory: unknown`,
    'StartError',
    { mode: 10, says: /error mounting/ },
  ),
  failedStart(
    'a memory limit is too low to start with',
    `${runc}error during container init: unable to set memory limit to 1048576 (current usage: 2650112)`,
    'StartError',
  ),
  failedStart(
    'memory is used up before the program runs',
    `${runc}container init was OOM-killed (memory limit too low?)`,
    'OOMKilled',
    { mode: 1, rejected: ['StartError'] },
  ),
  ended(
    'a program says that another ran out of memory',
    life('Error', 1, { message: 'worker OOM-killed (memory limit too low?)' }),
    'AppError',
  ),
  {
    name: 'docker cannot start a container',
    observation: podOf({
      containers: [
        {
          waiting: 'CrashLoopBackOff',
          restarts: 3,
          last: life('ContainerCannotRun', 128, { message: 'error gathering device information' }),
        },
      ],
    }),
    expected: [{ category: 'StartError' }],
  },
  stuck(
    'the runtime is late and the name is taken',
    'CreateContainerError',
    'failed to reserve container name "app_web": name "app_web" is reserved for "7c54"',
    'CreateContainerError',
    { mode: 32, confidence: 'medium', says: /late/ },
  ),
  stuck(
    'the runtime runs out of time',
    'CreateContainerError',
    'context deadline exceeded',
    'CreateContainerError',
    { says: /late/ },
  ),
  stuck(
    'a hostPath cannot be made',
    'CreateContainerError',
    'failed to generate container "1" spec: failed to apply OCI options: failed to mkdir "/data": mkdir /data: read-only file system',
    'VolumeMountFailure',
    { mode: 31, rejected: ['CreateContainerError'] },
  ),
  stuck(
    'an image has no such user',
    'CreateContainerError',
    'failed to create containerd container: mount callback failed on /var/lib/containerd/tmpmounts/containerd-mount1: no users found',
    'CreateContainerError',
    {
      confidence: 'high',
      says: /no users found/,
      notRejected: ['VolumeMountFailure'],
    },
  ),
];
