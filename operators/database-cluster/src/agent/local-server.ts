import type { Logger } from '@kubewright/runtime';
import type { AgentSettings } from './agent-settings.ts';
import type { ControlFolder, Told } from './control-folder.ts';
import type { Credentials } from './credentials.ts';
import { DatabaseSession } from './database-session.ts';
import type { LocalState, ServerView } from './local-state.ts';
import { internalRoles } from './server-config.ts';
import { lookAtServer } from './server-queries.ts';

/** What a {@link LocalServer} is reached by. */
export interface LocalServerOptions {
  readonly control: ControlFolder;
  /** Address of the pod. */
  readonly address: string;
  /** Name in the certificate. */
  readonly serverName: string;
  readonly timeoutMs: number;
  readonly logger: Logger;
}

/** The server of this pod, by what the entry program tells and what it answers itself. */
export class LocalServer {
  readonly #options: LocalServerOptions;
  /** Kept from round to round; undefined when the last one broke. */
  #session: DatabaseSession | undefined;
  #problem = '';
  /** What sessions were last opened with. */
  #login: { readonly credentials: Credentials; readonly settings: AgentSettings } | undefined;

  constructor(options: LocalServerOptions) {
    this.#options = options;
  }

  /** What there is now; never rejects for a server that does not answer. */
  async look(credentials: Credentials, settings: AgentSettings): Promise<LocalState> {
    this.#login = { credentials, settings };
    const told = await this.#options.control.told();
    const process = processOf(told);
    const server = process === 'none' ? undefined : await this.#ask(credentials, settings);
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
    if (this.#login === undefined) throw new Error('the server has not been looked at yet');
    return this.#open(this.#login.credentials, this.#login.settings, 0);
  }

  async close(): Promise<void> {
    const session = this.#session;
    this.#session = undefined;
    await session?.close();
  }

  async #ask(credentials: Credentials, settings: AgentSettings): Promise<ServerView | undefined> {
    try {
      this.#session ??= await this.#open(credentials, settings);
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

  async #open(
    credentials: Credentials,
    settings: AgentSettings,
    answerTimeoutMs?: number,
  ): Promise<DatabaseSession> {
    const { address, serverName, timeoutMs } = this.#options;
    const session = new DatabaseSession({
      host: address,
      // The superuser may come from the pod itself only.
      localAddress: address,
      user: internalRoles.superuser,
      password: credentials.superuserPassword,
      tls:
        settings.tls && credentials.tls !== undefined
          ? { ca: credentials.tls.ca, serverName }
          : undefined,
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
