import type { NodeStreams, TablePrinter } from '../contracts.ts';
import { failure } from '../status.ts';

const unavailable = () => failure(503, 'ServiceUnavailable', 'not wired yet');

export const provisionalTables: TablePrinter = {
  columns: () => [{ name: 'Name', type: 'string', format: 'name', description: '', priority: 0 }],
  cells: (_type, object) => [(object['metadata'] as { name: string }).name],
};

export const provisionalStreams: NodeStreams & { connectNode(): Disposable } = {
  logs: async () => {
    throw unavailable();
  },
  refuse: () => {
    throw unavailable();
  },
  connectWebSocket: async () => {
    throw unavailable();
  },
  serveSocket: async () => {
    throw unavailable();
  },
  connectNode: () => ({ [Symbol.dispose]: () => undefined }),
};
