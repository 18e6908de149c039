import type { JsonObject, PrinterColumn, TableColumn } from '../contracts.ts';
import { formatNumber } from '../schema/go-number.ts';
import { isDateTime } from '../schema/value-formats.ts';
import { evaluateJsonPath, JsonPathError, parseJsonPath, type JsonPathStep } from './json-path.ts';
import type { KindTable } from './kind-table.ts';
import { ageOf, textAt } from './object-reader.ts';

const NAME_COLUMN: TableColumn = {
  name: 'Name',
  type: 'string',
  format: 'name',
  description: 'Name of the object, unique in its namespace.',
  priority: 0,
};

/** A column with its path. */
interface ParsedColumn {
  readonly column: PrinterColumn;
  readonly path: readonly JsonPathStep[];
}

/** The columns up to the first whose path cannot be read: the API server shows none after it. */
function readableColumns(columns: readonly PrinterColumn[]): ParsedColumn[] {
  const parsed: ParsedColumn[] = [];
  for (const column of columns) {
    try {
      parsed.push({ column, path: parseJsonPath(column.jsonPath) });
    } catch (error) {
      if (!(error instanceof JsonPathError)) throw error;
      break;
    }
  }
  return parsed;
}

/** A value as a column of this type shows it; null for values that the column cannot show. */
function cellOf(type: string, value: unknown, nowMs: number): unknown {
  switch (type) {
    case 'integer':
      return typeof value === 'number' ? Math.trunc(value) : null;
    case 'number':
      return typeof value === 'number' ? value : null;
    case 'boolean':
      return typeof value === 'boolean' ? value : null;
    case 'string':
      return textOf(value);
    case 'date':
      return typeof value === 'string' ? dateCell(value, nowMs) : null;
    default:
      return null;
  }
}

/** How long ago a time was; what is no time is told as such. */
function dateCell(text: string, nowMs: number): string {
  return text === '' || isDateTime(text) ? ageOf(text, nowMs) : '<invalid>';
}

function textOf(value: unknown): string {
  if (value === null) return '<no value>';
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return formatNumber(value);
  return JSON.stringify(value);
}

/** The table of a custom resource: its name and the columns that its author asks for. */
export function customTable(columns: readonly PrinterColumn[]): KindTable {
  const parsed = readableColumns(columns);
  return {
    columns: [
      NAME_COLUMN,
      ...parsed.map(({ column }) => ({
        name: column.name,
        type: column.type,
        format: column.format ?? '',
        description:
          column.description === undefined || column.description === ''
            ? `Custom resource definition column (in JSONPath format): ${column.jsonPath}`
            : column.description,
        priority: column.priority ?? 0,
      })),
    ],
    cells: (object: JsonObject, nowMs: number) => [
      textAt(object, 'metadata.name'),
      ...parsed.map(({ column, path }) => {
        // Of several values the first is shown.
        const [first] = evaluateJsonPath(path, object);
        return first === undefined ? null : cellOf(column.type, first, nowMs);
      }),
    ],
  };
}
