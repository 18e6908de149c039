import { serverPort } from '../api/settings.ts';
import type { AgentSettings } from './agent-settings.ts';

/** The roles that the cluster itself uses. */
export const internalRoles = {
  superuser: 'postgres',
  /** Standbys stream as this one; pg_rewind and pg_basebackup use it too. */
  replicator: 'kubewright_replicator',
} as const;

/** Where a primary is reached. */
export interface PrimaryAddress {
  readonly host: string;
  /** Name in its certificate. */
  readonly serverName: string;
}

/** What the configuration of a server depends on. */
export interface ServerConfigInput {
  readonly settings: AgentSettings;
  /** Address of the pod. */
  readonly address: string;
  /** Name of the pod: what a standby calls itself. */
  readonly name: string;
  /** `synchronous_standby_names`. */
  readonly synchronousStandbyNames: string;
  /** Where to stream from; undefined: from nowhere. */
  readonly source: PrimaryAddress | undefined;
}

/**
 * The connection string that clones and rewinds reach the primary with. The password comes from the file that PGPASSFILE names.
 *
 * It names no application: what calls itself by the name of a pod is taken for its standby, and a clone in the making is none.
 */
export function connectionString(
  { tls }: Pick<AgentSettings, 'tls'>,
  source: PrimaryAddress,
): string {
  // hostaddr is what is dialled; host is what the certificate must name.
  return Object.entries({
    host: tls ? source.serverName : source.host,
    ...(tls ? { hostaddr: source.host } : {}),
    port: String(serverPort),
    user: internalRoles.replicator,
    sslmode: tls ? 'verify-full' : 'disable',
    connect_timeout: '5',
    // A primary that vanished without a word is noticed within seconds.
    keepalives_idle: '5',
    keepalives_interval: '2',
    keepalives_count: '3',
    tcp_user_timeout: '10000',
  })
    .map(([key, value]) => `${key}=${value}`)
    .join(' ');
}

/** `postgresql.conf` of a server. Paths of certificates and of the socket come from the entry program, which knows where its files are. */
export function postgresConfig(input: ServerConfigInput): string {
  const { settings, address, synchronousStandbyNames, source } = input;
  const values: Readonly<Record<string, string>> = {
    listen_addresses: address,
    port: String(serverPort),
    wal_level: 'replica',
    hot_standby: 'on',
    // pg_rewind needs one of this and checksums; both are cheap.
    wal_log_hints: 'on',
    ...keptLog(settings.major),
    // The same everywhere and for ever: a standby with less than its primary does not start.
    max_wal_senders: '110',
    max_replication_slots: '10',
    wal_receiver_status_interval: '1s',
    wal_receiver_timeout: '10s',
    wal_sender_timeout: '10s',
    synchronous_standby_names: synchronousStandbyNames,
    recovery_target_timeline: 'latest',
    password_encryption: 'scram-sha-256',
    ssl: settings.tls ? 'on' : 'off',
    ssl_min_protocol_version: 'TLSv1.2',
    log_destination: 'stderr',
    logging_collector: 'off',
    log_line_prefix: '%m [%p] ',
    // Statements may hold passwords.
    log_statement: 'none',
    log_min_error_statement: 'panic',
    ...(source === undefined
      ? {}
      : {
          primary_conninfo: `${connectionString(settings, source)} application_name=${input.name}`,
        }),
  };
  const lines = Object.entries(values).map(([key, value]) => `${key} = ${quoted(value)}`);
  return `${lines.join('\n')}\n`;
}

/** The log that is kept for standbys that fall behind: 256 MB, in segments of 16 MB before PostgreSQL 13. */
function keptLog(major: number): Readonly<Record<string, string>> {
  return major >= 13 ? { wal_keep_size: '256MB' } : { wal_keep_segments: '16' };
}

/** `pg_hba.conf` of a server: who may connect from where. The first line that fits counts. */
export function hostBasedAuthentication({ settings }: Pick<ServerConfigInput, 'settings'>): string {
  const { tls, authentication } = settings;
  const type = tls ? 'hostssl' : 'host';
  const { superuser, replicator } = internalRoles;
  return [
    // The agent, by the socket that the pod's own user alone may open. It needs no secret that could be lost.
    ['local', 'all', superuser, 'trust'],
    ['local', 'all,replication', 'all', 'reject'],
    [type, 'replication,postgres', replicator, 'all', 'scram-sha-256'],
    ['host', 'all,replication', `${superuser},${replicator}`, 'all', 'reject'],
    // Nobody has a client certificate where there is no TLS.
    [
      type,
      'all',
      'all',
      'all',
      authentication === 'cert' && !tls ? 'scram-sha-256' : authentication,
    ],
  ]
    .map((fields) => `${fields.join('\t')}\n`)
    .join('');
}

/** The password file of libpq: the replicator's, for any server. */
export function passwordFile(replicatorPassword: string): string {
  const escaped = replicatorPassword.replaceAll(/[\\:]/g, (character) => `\\${character}`);
  return `*:*:*:${internalRoles.replicator}:${escaped}\n`;
}

function quoted(value: string): string {
  return `'${value.replaceAll("'", "''")}'`;
}
