import type { Logger } from '@kubewright/runtime';
import type { ControlFolder, Told } from './control-folder.ts';
import { DatabaseSession } from './database-session.ts';
import type { LocalState, ServerView } from './local-state.ts';
import { internalRoles } from './server-config.ts';
import { lookAtServer } from './server-queries.ts';

/** What a {@link LocalServer} is reached by. */
export interface LocalServerOptions {
  /** Where the server's socket is, too. */
  readonly control: ControlFolder;
  readonly timeoutMs: number;
  readonly logger: Logger;
}

/** The server of this pod, by what the entry program tells and what it answers itself. */
export class LocalServer {
  readonly #options: LocalServerOptions;
  /** Kept from round to round; undefined when the last one broke. */
  #session: DatabaseSession | undefined;
  #problem = '';

  constructor(options: LocalServerOptions) {
    this.#options = options;
  }

  /** What there is now; never rejects for a server that does not answer. */
  async look(): Promise<LocalState> {
    const told = await this.#options.control.told();
    const process = processOf(told);
    const server = process === 'none' ? undefined : await this.#ask();
    if (process === 'none') await this.close();
    return {
      data: told['data'] === 'present' ? 'present' : 'absent',
      isStandbyData: told['signal'] === 'yes',
      systemIdentifier: told['system_identifier'],
      process,
      failedStep: told['failed'] ?? '',
      doneNumber: Number(told['number'] ?? -1),
      server,
    };
  }

  /**
   * Does something with a connection of the superuser.
   *
   * @throws Error when there is none, or of PostgreSQL.
   */
  async use<T>(use: (session: DatabaseSession) => Promise<T>): Promise<T> {
    if (this.#session?.isUsable !== true) throw new Error('there is no connection to the server');
    return use(this.#session);
  }

  /** A further connection of the superuser, whose answers may take as long as they like. */
  async openPatient(): Promise<DatabaseSession> {
    return this.#open(0);
  }

  async close(): Promise<void> {
    const session = this.#session;
    this.#session = undefined;
    await session?.close();
  }

  async #ask(): Promise<ServerView | undefined> {
    try {
      this.#session ??= await this.#open();
      const view = await lookAtServer(this.#session);
      this.#problem = '';
      return view;
    } catch (error) {
      await this.close();
      const problem = error instanceof Error ? error.message : String(error);
      // Once for each problem, not once a round.
      if (problem !== this.#problem)
        this.#options.logger.warn('the server does not answer', { problem });
      this.#problem = problem;
      return undefined;
    }
  }

  async #open(answerTimeoutMs?: number): Promise<DatabaseSession> {
    const { control, timeoutMs } = this.#options;
    const session = new DatabaseSession({
      host: control.path,
      user: internalRoles.superuser,
      tls: undefined,
      timeoutMs,
      ...(answerTimeoutMs === undefined ? {} : { answerTimeoutMs }),
    });
    try {
      await session.open();
      return session;
    } catch (error) {
      await session.close();
      throw error;
    }
  }
}

function processOf(told: Told): LocalState['process'] {
  const mode = told['server'];
  return mode === 'primary' || mode === 'standby' ? mode : 'none';
}
