import type { TablePrinter } from '../contracts.ts';

export const provisionalTables: TablePrinter = {
  columns: () => [{ name: 'Name', type: 'string', format: 'name', description: '', priority: 0 }],
  cells: (_type, object) => [(object['metadata'] as { name: string }).name],
};
