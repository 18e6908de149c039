import { Gauge, Registry } from 'prom-client';
import type { ServingResponse } from '@kubewright/runtime';
import type { AgentReport } from './agent.ts';
import type { LocalServer } from './local-server.ts';

/** The metrics of one server, measured now. A fresh registry each time: standbys and databases that are gone leave nothing behind. */
export async function databaseMetrics(
  { local, isLeader }: AgentReport,
  server: LocalServer,
): Promise<ServingResponse> {
  const registry = new Registry();
  const gauge = (name: string, help: string, labelNames: string[] = []): Gauge =>
    new Gauge({ name, help, labelNames, registers: [registry] });
  const { server: view } = local;
  gauge('database_up', 'Whether the server answers.').set(view === undefined ? 0 : 1);
  gauge('database_is_primary', 'Whether the server takes writes.').set(
    view?.type === 'primary' ? 1 : 0,
  );
  gauge('database_is_leader', 'Whether the agent holds the lease of the cluster.').set(
    isLeader ? 1 : 0,
  );
  if (view !== undefined) {
    gauge('database_wal_position_bytes', 'How far the log is written, or received.').set(
      Number(view.position),
    );
  }
  if (view?.type === 'primary') {
    const lag = gauge('database_standby_lag_bytes', 'Log that a standby has not on its disk yet.', [
      'standby',
    ]);
    for (const { name, flushed } of view.standbys) {
      lag.set({ standby: name }, Math.max(0, Number(view.position - flushed)));
    }
  }
  if (view?.type === 'standby') {
    gauge('database_is_streaming', 'Whether the standby receives the log.').set(
      view.isStreaming ? 1 : 0,
    );
  }
  const figures = await server
    .use((session) =>
      session.rows<{ datname: string; numbackends: number; size: string }>(
        'SELECT datname, numbackends, pg_database_size(oid)::text AS size FROM pg_stat_database JOIN pg_database USING (datname)',
      ),
    )
    .catch(() => []);
  const size = gauge('database_size_bytes', 'Size of a database.', ['database']);
  const connections = gauge('database_connections', 'Connections to a database.', ['database']);
  for (const { datname, numbackends, size: bytes } of figures) {
    size.set({ database: datname }, Number(bytes));
    connections.set({ database: datname }, numbackends);
  }
  return { status: 200, contentType: registry.contentType, body: await registry.metrics() };
}
