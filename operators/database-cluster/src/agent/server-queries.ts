import type { DatabaseSession } from './database-session.ts';
import type { ServerView } from './local-state.ts';
import { parsePosition } from './wal-position.ts';

/** Looks at a server. */
export async function lookAtServer(session: DatabaseSession): Promise<ServerView> {
  const [row] = await session.rows<{
    is_standby: boolean;
    current: string | null;
    received: string | null;
    replayed: string | null;
    streaming: boolean;
    sync_names: string;
  }>(`SELECT pg_is_in_recovery() AS is_standby,
    CASE WHEN pg_is_in_recovery() THEN NULL ELSE pg_current_wal_lsn()::text END AS current,
    pg_last_wal_receive_lsn()::text AS received,
    pg_last_wal_replay_lsn()::text AS replayed,
    EXISTS (SELECT 1 FROM pg_stat_wal_receiver WHERE status = 'streaming') AS streaming,
    current_setting('synchronous_standby_names') AS sync_names`);
  if (row === undefined) throw new Error('the server answered nothing');
  if (row.is_standby) {
    const positions = [row.received, row.replayed].map((text) =>
      text === null ? 0n : parsePosition(text),
    );
    return {
      type: 'standby',
      position: positions.reduce((one, other) => (one > other ? one : other)),
      isStreaming: row.streaming,
    };
  }
  // A clone in the making receives the log too, and keeps nothing that anybody could count on.
  const standbys = await session.rows<{
    application_name: string;
    state: string | null;
    sync_state: string | null;
    flush_lsn: string | null;
  }>(`SELECT application_name, state, sync_state, flush_lsn::text FROM pg_stat_replication
    WHERE usename = 'kubewright_replicator' AND application_name <> 'pg_basebackup'`);
  return {
    type: 'primary',
    position: parsePosition(row.current ?? '0/0'),
    syncNames: row.sync_names,
    standbys: standbys.map(
      ({ application_name: name, state, sync_state: sync, flush_lsn: flushed }) => ({
        name,
        isStreaming: state === 'streaming',
        isSync: sync === 'sync',
        flushed: flushed === null ? 0n : parsePosition(flushed),
      }),
    ),
  };
}

/** The identity of the data of a running server. */
export async function systemIdentifier(session: DatabaseSession): Promise<string> {
  const [row] = await session.rows<{ id: string }>(
    'SELECT system_identifier::text AS id FROM pg_control_system()',
  );
  if (row === undefined) throw new Error('the server does not tell its system identifier');
  return row.id;
}
