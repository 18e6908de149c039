import type { AgentOptions } from './agent-options.ts';
import { withSession } from './database-session.ts';
import type { ServerView } from './local-state.ts';
import type { PodRoles } from './pod-roles.ts';
import type { Round } from './round.ts';
import { internalRoles } from './server-config.ts';
import { lookAtServer } from './server-queries.ts';

/** The servers of the other pods, asked directly. */
export class Peers {
  readonly #options: AgentOptions;
  readonly #roles: PodRoles;

  constructor(options: AgentOptions, roles: PodRoles) {
    this.#options = options;
    this.#roles = roles;
  }

  /** What the server of a pod answers; undefined when it does not. */
  async look(host: string, name: string, round: Round): Promise<ServerView | undefined> {
    const { domain, times } = this.#options;
    const { record, credentials } = round;
    const { tls } = credentials;
    const session = {
      host,
      user: internalRoles.replicator,
      password: credentials.replicatorPassword,
      tls:
        record.settings.tls && tls !== undefined
          ? { ca: tls.ca, serverName: `${name}.${domain}` }
          : undefined,
      timeoutMs: times.retryPeriodMs,
    };
    return withSession(session, lookAtServer).catch(() => undefined);
  }

  /** A successor that has more of the log than this pod; undefined: none is known. */
  async furtherSuccessor(round: Round): Promise<string | undefined> {
    const { local, record, signal } = round;
    if (local.server?.type !== 'standby') return undefined;
    for (const name of record.successors) {
      if (name === this.#options.name) continue;
      const host = await this.#roles.addressOf(name, signal);
      if (host === undefined) continue;
      const view = await this.look(host, name, round);
      if (view?.type === 'standby' && view.position > local.server.position) return name;
    }
    return undefined;
  }
}
