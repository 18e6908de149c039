import type { AgentSettings } from './agent-settings.ts';
import type { Credentials } from './credentials.ts';
import { identifier, literal, type DatabaseSession } from './database-session.ts';
import { internalRoles } from './server-config.ts';

/**
 * Makes the roles, the database of the users, and what pg_rewind may call; sets passwords to those of the Secrets.
 * May be repeated. Statements with passwords are not logged by the server.
 */
export async function ensureRoles(
  session: DatabaseSession,
  settings: AgentSettings,
  credentials: Credentials,
): Promise<void> {
  const { replicator } = internalRoles;
  const { username, authentication } = settings;
  await ensureRole(session, replicator, 'LOGIN REPLICATION', credentials.replicatorPassword);
  for (const call of [
    'pg_ls_dir(text, boolean, boolean)',
    'pg_stat_file(text, boolean)',
    'pg_read_binary_file(text)',
    'pg_read_binary_file(text, bigint, bigint, boolean)',
  ]) {
    await session.rows(`GRANT EXECUTE ON FUNCTION pg_catalog.${call} TO ${identifier(replicator)}`);
  }
  // Clients that know md5 only need a password that is kept that way.
  const encryption = authentication === 'md5' ? 'md5' : 'scram-sha-256';
  await session.rows(`SET password_encryption = ${literal(encryption)}`);
  await ensureRole(session, username, 'LOGIN', credentials.userPassword);
  await session.rows('RESET password_encryption');
  const databases = await session.rows('SELECT 1 FROM pg_database WHERE datname = $1', [username]);
  if (databases.length === 0) {
    await session.rows(`CREATE DATABASE ${identifier(username)} OWNER ${identifier(username)}`);
  }
}

async function ensureRole(
  session: DatabaseSession,
  name: string,
  attributes: string,
  password: string,
): Promise<void> {
  const known = await session.rows('SELECT 1 FROM pg_roles WHERE rolname = $1', [name]);
  const verb = known.length === 0 ? 'CREATE' : 'ALTER';
  await session.rows(
    `${verb} ROLE ${identifier(name)} WITH ${attributes} PASSWORD ${literal(password)}`,
  );
}
