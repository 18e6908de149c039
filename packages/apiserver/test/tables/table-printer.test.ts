import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { JsonObject, PrinterColumn, ResourceType, TableColumn } from '../../src/contracts.ts';
import { createTablePrinter } from '../../src/tables/table-printer.ts';
import { readRecorded } from '../recorded/read-recorded.ts';

interface Recording {
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly columns: readonly Omit<TableColumn, 'description'>[];
  readonly rows: readonly { readonly cells: readonly unknown[]; readonly object: JsonObject }[];
}

// The shape in which the answers were written down.
const RECORDINGS = readRecorded('tables.json') as Recording[];

/** The columns of the recorded custom resource, as its definition has them; one of them cannot be read. */
const CUSTOM_COLUMNS = readRecorded('table-columns.json') as PrinterColumn[];

function typeOf(recording: Recording): ResourceType {
  const { group, version, plural } = recording;
  const isCustom = group === 'ex.com';
  // Printing reads these members of a type only.
  return {
    group,
    version,
    plural,
    origin: isCustom ? 'custom' : 'builtin',
    ...(isCustom ? { printerColumns: CUSTOM_COLUMNS } : {}),
  } as unknown as ResourceType;
}

const printer = createTablePrinter();

describe('tables', () => {
  for (const recording of RECORDINGS) {
    const { group, version, plural, now, columns, rows } = recording;
    const type = typeOf(recording);
    test(`${plural}.${group}/${version} have the columns of the real server`, () => {
      assert.deepEqual(
        printer.columns(type).map(({ name, type: columnType, format, priority }) => ({
          name,
          type: columnType,
          format,
          priority,
        })),
        columns,
      );
    });
    for (const { cells, object } of rows) {
      test(`${plural}.${group}/${version} ${JSON.stringify(cells).slice(0, 120)} reads as on the real server`, () => {
        assert.deepEqual(printer.cells(type, object, now), cells);
      });
    }
  }
});
