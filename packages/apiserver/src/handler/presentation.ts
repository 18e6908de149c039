import type { JsonObject, ResourceType } from '../contracts.ts';
import type { Operation } from './services.ts';

/** What of an object a Table row carries (`includeObject`). */
export type RowObject = 'None' | 'Metadata' | 'Object';

/** Reads `includeObject`; `Metadata` by default, as in the real server. */
export function rowObjectOf(query: URLSearchParams): RowObject {
  const value = query.get('includeObject');
  return value === 'None' || value === 'Object' ? value : 'Metadata';
}

/** The object cut down to its metadata. */
export function partialMetadata(object: JsonObject): JsonObject {
  return {
    kind: 'PartialObjectMetadata',
    apiVersion: 'meta.k8s.io/v1',
    metadata: object['metadata'] as unknown,
  };
}

/** A row of a Table: the cells, and of the object what the request wants to have. */
export function tableRow(
  { request }: Operation,
  object: JsonObject,
  cells: readonly unknown[],
): JsonObject {
  const rowObject = rowObjectOf(request.query);
  if (rowObject === 'None') return { cells };
  return { cells, object: rowObject === 'Object' ? object : partialMetadata(object) };
}

/**
 * Objects as a `Table`.
 *
 * @param withColumns watches send the column definitions with the first event only
 */
export function tableOf(
  operation: Operation,
  objects: readonly JsonObject[],
  metadata: JsonObject,
  withColumns = true,
): JsonObject {
  const { type, services } = operation;
  const { tables, clock } = services;
  return {
    kind: 'Table',
    apiVersion: 'meta.k8s.io/v1',
    metadata,
    columnDefinitions: withColumns ? tables.columns(type) : null,
    rows: objects.map((object) =>
      tableRow(operation, object, tables.cells(type, object, clock.now())),
    ),
  };
}

/** One object in the look that the client asked for. */
export function present(operation: Operation, object: JsonObject): JsonObject {
  switch (operation.format.as) {
    case 'object':
      return object;
    case 'metadata':
      return partialMetadata(object);
    case 'table': {
      // Answered objects have metadata.
      const { resourceVersion } = object['metadata'] as JsonObject;
      return tableOf(operation, [object], { resourceVersion: resourceVersion as unknown });
    }
  }
}

/** Whether the stored bytes are the answer, with no conversion and no other look. */
export function servesStoredBytes(type: ResourceType, as: Operation['format']['as']): boolean {
  return as === 'object' && type.fromStorage === undefined && type.conversion === undefined;
}
