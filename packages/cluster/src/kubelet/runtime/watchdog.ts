import { spawn, type ChildProcess } from 'node:child_process';

/**
 * The script of the watchdog, in POSIX sh: remembers process groups, and when its standard input ends
 * without the word `end` (this process was killed) kills them, and on Linux all that carry the mark.
 */
const script = `
trap '' INT HUP TERM QUIT
groups=' '
while read -r verb group; do
  case "$verb" in
    add) groups="$groups$group " ;;
    drop) case "$groups" in *" $group "*) groups="\${groups%%" $group "*} \${groups#*" $group "}" ;; esac ;;
    end) exit 0 ;;
  esac
done
for group in $groups; do kill -s KILL -- "-$group" 2>/dev/null; done
for file in /proc/[0-9]*/environ; do
  if tr '\\0' '\\n' 2>/dev/null < "$file" | grep -qxF "$1"; then
    pid=\${file#/proc/}
    kill -s KILL "\${pid%/environ}" 2>/dev/null
  fi
done
exit 0
`;

/**
 * A small process that outlives this one just long enough to kill the containers it leaves behind,
 * also when this one is killed with SIGKILL. It learns of that by the end of a pipe only this process holds.
 */
export class Watchdog implements AsyncDisposable {
  /** A line every process it watches has in its environment. */
  readonly #mark: string;
  #child: ChildProcess | undefined;

  constructor(mark: string) {
    this.#mark = mark;
  }

  /** Starts the process; it does not keep this one alive. */
  start(): void {
    const child = spawn('/bin/sh', ['-c', script, 'kubewright-watchdog', this.#mark], {
      stdio: ['pipe', 'ignore', 'ignore'],
      detached: true,
      env: { PATH: process.env['PATH'] ?? '/usr/bin:/bin' },
    });
    // A watchdog that cannot start or was killed leaves clean-up to an orderly stop.
    child.on('error', () => undefined);
    child.stdin.on('error', () => undefined);
    child.unref();
    this.#child = child;
  }

  /** Watches a process group. */
  add(group: number): void {
    this.#child?.stdin?.write(`add ${String(group)}\n`);
  }

  /** A group whose processes are gone. */
  drop(group: number): void {
    this.#child?.stdin?.write(`drop ${String(group)}\n`);
  }

  /** Ends the process without killing anything; may be repeated. */
  async [Symbol.asyncDispose](): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (child?.exitCode !== null || child.signalCode !== null) return;
    // Now it is waited for.
    child.ref();
    const ended = new Promise<void>((resolve) => {
      child.once('exit', () => resolve());
      child.once('error', () => resolve());
    });
    child.stdin?.end('end\n');
    await ended;
  }
}
