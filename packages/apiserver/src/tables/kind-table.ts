import type { JsonObject, TableColumn } from '../contracts.ts';

/** How one kind looks in a table: its columns, and a cell for each. */
export interface KindTable {
  readonly columns: readonly TableColumn[];
  cells(object: JsonObject, nowMs: number): readonly unknown[];
}

/** One column, in short: `Name`, `Name:integer`, `Name:string/format`, with a `+` at the end for columns of wide tables only. */
function parseColumn(text: string): TableColumn {
  const isWide = text.endsWith('+');
  const [name = '', written = 'string'] = (isWide ? text.slice(0, -1) : text).split(':');
  const [type = '', format = name === 'Name' ? 'name' : ''] = written.split('/');
  return {
    name,
    type,
    format,
    description: '',
    priority: isWide ? 1 : 0,
  };
}

/**
 * The table of a kind.
 *
 * @param columns in order; `|` between them, `+` after those of wide tables, `:type` where it is not `string`, `/format` where it has one
 * @param cells one value for each column
 */
export function kindTable(columns: string, cells: KindTable['cells']): KindTable {
  return { columns: columns.split('|').map((column) => parseColumn(column.trim())), cells };
}
