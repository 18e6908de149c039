import { writeFile } from 'node:fs/promises';
import { PassThrough, Readable } from 'node:stream';
import type { Probe } from '@kubewright/apimachinery';
import type { Clock } from '../clock.ts';
import type { ScriptedImage, ScriptedLife } from '../images/image.ts';
import type { ContainerUser } from '../users/container-user.ts';
import { ownUser } from '../users/machine-users.ts';
import {
  RuntimeError,
  type ContainerConfig,
  type ContainerExit,
  type ContainerLauncher,
  type ExecOptions,
  type LaunchContext,
  type ProbeOutcome,
  type RunningContainer,
  type RuntimeProcess,
} from './contracts.ts';
import { execFailure, startFailure } from './executable.ts';

/** What the launcher of played containers needs. */
export interface ScriptLauncherOptions {
  /** The script an image name stands for. */
  readonly imageOf: (name: string) => ScriptedImage | undefined;
  readonly clock: Clock;
}

/** Plays containers from their scripts: no process runs, all time is the clock's. */
export class ScriptLauncher implements ContainerLauncher {
  readonly #options: ScriptLauncherOptions;

  constructor(options: ScriptLauncherOptions) {
    this.#options = options;
  }

  userFor(): Promise<ContainerUser> {
    return Promise.resolve({ user: ownUser() });
  }

  launch(config: ContainerConfig, context: LaunchContext): Promise<RunningContainer> {
    const image = this.#options.imageOf(config.image);
    const lives = image?.containers?.[config.name] ?? image?.lives ?? [];
    const life = lives[Math.min(context.life, lives.length - 1)];
    if (life === undefined) {
      return Promise.reject(new RuntimeError('create', 'no command specified'));
    }
    if (life.startError !== undefined) {
      return Promise.reject(new RuntimeError('start', startFailure(life.startError)));
    }
    return Promise.resolve(new PlayedContainer(life, config, context, this.#options.clock));
  }
}

class PlayedContainer implements RunningContainer {
  readonly exited: Promise<ContainerExit>;
  readonly stdin: undefined = undefined;
  readonly #life: ScriptedLife;
  readonly #clock: Clock;
  readonly #startedAtMs: number;
  readonly #end = Promise.withResolvers<ContainerExit>();
  /** Aborted when the life is over, to end its timers. */
  readonly #over = new AbortController();
  #terminating = false;

  constructor(life: ScriptedLife, config: ContainerConfig, context: LaunchContext, clock: Clock) {
    this.#life = life;
    this.#clock = clock;
    this.#startedAtMs = clock.now();
    this.exited = this.#play(config, context);
  }

  signal(name: 'SIGTERM' | 'SIGKILL'): void {
    if (name === 'SIGKILL') {
      this.#end.resolve({ exitCode: 137, oomKilled: false });
      return;
    }
    const answer = this.#life.onTerminate ?? 0;
    if (answer === 'ignores' || this.#terminating) return;
    this.#terminating = true;
    this.#later(this.#life.terminateAfterMs ?? 0, () => {
      this.#end.resolve({ exitCode: answer, oomKilled: false });
    });
  }

  get hasEnded(): boolean {
    return this.#over.signal.aborted;
  }

  async exec(options: ExecOptions): Promise<RuntimeProcess> {
    const answer = this.#life.exec?.[options.command.join(' ')] ?? {};
    if (answer.startError !== undefined) {
      throw new RuntimeError('exec', execFailure(answer.startError));
    }
    const ended = Promise.withResolvers<{ exitCode: number }>();
    const stdout = new PassThrough();
    this.#later(answer.durationMs ?? 0, () => {
      stdout.end(answer.output ?? '');
      ended.resolve({ exitCode: answer.exitCode ?? 0 });
    });
    const kill = (): void => {
      stdout.end();
      ended.resolve({ exitCode: 137 });
    };
    options.signal?.addEventListener('abort', kill, { once: true });
    return {
      stdin: options.stdin ? new PassThrough().resume() : undefined,
      stdout,
      stderr: Readable.from([]),
      exit: ended.promise,
      resize: () => undefined,
      kill,
    };
  }

  resolvePort(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  answerProbe(probe: Probe): ProbeOutcome | undefined {
    // A command the script knows is executed, with its time and its exit code.
    const command = probe.exec?.command?.join(' ');
    if (command !== undefined && this.#life.exec?.[command] !== undefined) return undefined;
    const age = this.#clock.now() - this.#startedAtMs;
    const health = (this.#life.health ?? []).findLast((entry) => entry.fromMs <= age);
    const answer = health?.answer ?? 'ok';
    if (typeof answer === 'object') return { result: 'failure', output: answer.failure };
    if (typeof answer === 'number' && (answer < 200 || answer >= 400)) {
      const output =
        probe.httpGet === undefined
          ? `exit status ${String(answer)}`
          : `HTTP probe failed with statuscode: ${String(answer)}`;
      return { result: 'failure', output };
    }
    return { result: 'success', output: '' };
  }

  async #play(config: ContainerConfig, context: LaunchContext): Promise<ContainerExit> {
    const life = this.#life;
    const writing: Promise<void>[] = [];
    for (const { atMs, line } of life.logs ?? []) {
      this.#later(atMs, () => {
        writing.push(context.output.write('stderr', Buffer.from(`${line}\n`)));
      });
    }
    if (life.endsAfterMs !== undefined) {
      this.#later(life.endsAfterMs, () => {
        const oomKilled = life.oomKilled ?? false;
        this.#end.resolve({ exitCode: life.exitCode ?? (oomKilled ? 137 : 0), oomKilled });
      });
    }
    const exit = await this.#end.promise;
    this.#over.abort();
    await Promise.all(writing);
    if (life.terminationMessage !== undefined) {
      await writeFile(config.terminationMessageFile, life.terminationMessage);
    }
    return exit;
  }

  #later(delayMs: number, act: () => void): void {
    if (delayMs <= 0) {
      act();
      return;
    }
    this.#clock.after(delayMs, this.#over.signal).then(act, () => undefined);
  }
}
