import type { Field } from './field.ts';

/** One life of a container that is over: `state.terminated` or `lastState.terminated`. */
export class Life {
  readonly field: Field;
  readonly reason: Field;
  readonly exitCode: Field;
  /** What the program or the runtime left to say. */
  readonly message: Field;
  readonly startedAt: Field;
  readonly finishedAt: Field;

  constructor(field: Field) {
    this.field = field;
    this.reason = field.at('reason');
    this.exitCode = field.at('exitCode');
    this.message = field.at('message');
    this.startedAt = field.at('startedAt');
    this.finishedAt = field.at('finishedAt');
  }

  /** Exit code; undefined when the status names none. */
  get code(): number | undefined {
    return this.exitCode.number;
  }

  /** Whether its program never ran: containerd and CRI-O say StartError, docker ContainerCannotRun. */
  get neverBegan(): boolean {
    return this.reason.text === 'StartError' || this.reason.text === 'ContainerCannotRun';
  }

  /** Whether it ended as a program does that has done its work. */
  get succeeded(): boolean {
    return this.code === 0 && this.reason.text !== 'OOMKilled';
  }

  /** How long it lived, in milliseconds; undefined when either end is unknown. */
  get lengthMs(): number | undefined {
    const from = this.startedAt.timeMs;
    const to = this.finishedAt.timeMs;
    return from === undefined || to === undefined || to < from ? undefined : to - from;
  }

  /** `OOMKilled, exit code 137`, to be said. */
  get end(): string {
    const code = this.code === undefined ? 'exit code unknown' : `exit code ${this.code}`;
    return this.reason.text === undefined ? code : `${this.reason.text}, ${code}`;
  }
}
