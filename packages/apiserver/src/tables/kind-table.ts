import type { JsonObject, TableColumn } from '../contracts.ts';

/** How one kind looks in a table: its columns, and a cell for each. */
export interface KindTable {
  readonly columns: readonly TableColumn[];
  cells(object: JsonObject, nowMs: number): readonly unknown[];
}

/** One column, in short: `Name`, `Name:integer`, with a `+` at the end for columns of wide tables only. */
function parseColumn(text: string): TableColumn {
  const isWide = text.endsWith('+');
  const [name = '', type = 'string'] = (isWide ? text.slice(0, -1) : text).split(':');
  return {
    name,
    type,
    format: name === 'Name' ? 'name' : '',
    description: '',
    priority: isWide ? 1 : 0,
  };
}

/**
 * The table of a kind.
 *
 * @param columns in order; `|` between them, `+` after those of wide tables, `:type` where it is not `string`
 * @param cells one value for each column
 */
export function kindTable(columns: string, cells: KindTable['cells']): KindTable {
  return { columns: columns.split('|').map((column) => parseColumn(column.trim())), cells };
}
