import type { AgentOptions } from './agent-options.ts';
import type { Wish } from './control-folder.ts';
import type { Round } from './round.ts';
import {
  hostBasedAuthentication,
  passwordFile,
  postgresConfig,
  type PrimaryAddress,
} from './server-config.ts';

/** Has the entry program run the server as the agent wants it. */
export class ServerWishes {
  readonly #options: AgentOptions;

  constructor(options: AgentOptions) {
    this.#options = options;
  }

  /**
   * Writes what the server needs, then what is wanted of it.
   *
   * @param how - Where a standby streams from, and for whom the commits of a primary wait. Default: nowhere, nobody.
   */
  async want(
    wish: Wish,
    { record: { settings }, credentials }: Pick<Round, 'record' | 'credentials'>,
    how: { readonly source?: PrimaryAddress; readonly synchronousStandbyNames?: string } = {},
  ): Promise<void> {
    const { control, address, name } = this.#options;
    const { source, synchronousStandbyNames = '' } = how;
    const input = { settings, address, name, source, synchronousStandbyNames };
    const { tls } = credentials;
    const changes = [
      await control.write('pgpass', passwordFile(credentials.replicatorPassword)),
      await control.write('pg_hba.conf', hostBasedAuthentication(input)),
      await control.write('postgresql.conf', postgresConfig(input)),
      ...(tls === undefined
        ? []
        : [
            await control.write('ca.crt', tls.ca),
            await control.write('tls.crt', tls.certificate),
            await control.write('tls.key', tls.key),
          ]),
    ];
    await control.want(wish, changes.includes(true));
  }
}
