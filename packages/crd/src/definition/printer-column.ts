import type { CustomResourceColumnDefinition } from '@kubewright/apimachinery';
import { CustomResourceError } from '../custom-resource-error.ts';
import type { StructuralSchema } from '../schema/structural-schema.ts';
import {
  formatJsonPath,
  recordPath,
  schemaAt,
  type ObjectPaths,
  type PathStep,
} from './field-path.ts';

/** What a column shows; `date` shows the age of a time. */
export type ColumnType = 'string' | 'integer' | 'number' | 'boolean' | 'date';

/** How a column is shown. */
export interface ColumnOptions {
  /** Default: from the schema of the field. */
  readonly type?: ColumnType;
  /** 0 always; above 0 only with `-o wide`. Default 0. */
  readonly priority?: number;
  /** Shown by `kubectl explain` and in the API's discovery. Default: the description of the field. */
  readonly description?: string;
}

/** A column of `kubectl get`, not yet looked up in the schema. */
export interface PrinterColumn {
  /** Heading of the column. */
  readonly name: string;
  readonly options: ColumnOptions;
  /** What is shown: a field, or the status of a condition. */
  readonly source:
    | { readonly kind: 'field'; readonly path: readonly PathStep[] }
    | { readonly kind: 'condition'; readonly type: string };
}

/** Makes the columns of objects of one type; a field that the type does not have is a compile error. */
export interface ColumnBuilder<T extends { metadata: unknown }> {
  /** A column over a scalar field. */
  (
    name: string,
    accessor: (object: ObjectPaths<T>) => string | number | boolean,
    options?: ColumnOptions,
  ): PrinterColumn;
  /** A column over the status of a condition in `status.conditions`. Default name: the type of the condition. */
  condition(type: string, name?: string, options?: ColumnOptions): PrinterColumn;
  /** The age of the object, as built-in kinds show it. */
  age(): PrinterColumn;
}

/** A builder for objects of one type. */
export function columnBuilder<T extends { metadata: unknown }>(): ColumnBuilder<T> {
  const field = (
    name: string,
    accessor: (object: ObjectPaths<T>) => string | number | boolean,
    options: ColumnOptions = {},
  ): PrinterColumn => ({
    name,
    options,
    source: { kind: 'field', path: recordPath<T>(accessor, `column ${name}`) },
  });
  return Object.assign(field, {
    condition: (type: string, name = type, options: ColumnOptions = {}): PrinterColumn => ({
      name,
      options,
      source: { kind: 'condition', type },
    }),
    age: (): PrinterColumn => ({
      name: 'Age',
      options: { type: 'date' },
      source: { kind: 'field', path: ['metadata', 'creationTimestamp'] },
    }),
  });
}

/**
 * The column as a manifest has it.
 *
 * @throws CustomResourceError `INVALID_DEFINITION` when the schema has no such field, or one that is no scalar.
 */
export function toColumnDefinition(
  column: PrinterColumn,
  schema: StructuralSchema,
): CustomResourceColumnDefinition {
  const { name, options, source } = column;
  if (source.kind === 'condition') {
    if (schemaAt(schema, ['status', 'conditions', 0, 'status']) === undefined) {
      throw invalid(
        name,
        'status.conditions',
        'the status has no conditions; add conditions() to it',
      );
    }
    return definition(
      name,
      `.status.conditions[?(@.type==${JSON.stringify(source.type)})].status`,
      {
        type: 'string',
        ...options,
      },
    );
  }
  const jsonPath = formatJsonPath(source.path);
  if (source.path[0] === 'metadata') {
    return definition(name, jsonPath, { type: metadataType(source.path), ...options });
  }
  const field = schemaAt(schema, source.path);
  if (field === undefined) throw invalid(name, jsonPath, 'the schema has no such field');
  const type = options.type ?? typeOf(field);
  if (type === undefined) throw invalid(name, jsonPath, 'a column shows a scalar; give its type');
  const { description } = field;
  return definition(name, jsonPath, {
    ...(description === undefined ? {} : { description }),
    ...options,
    type,
  });
}

function definition(
  name: string,
  jsonPath: string,
  options: ColumnOptions & { readonly type: ColumnType },
): CustomResourceColumnDefinition {
  const { description, priority = 0, type } = options;
  return {
    name,
    type,
    jsonPath,
    ...(description === undefined ? {} : { description }),
    ...(priority === 0 ? {} : { priority }),
  };
}

function typeOf(field: StructuralSchema): ColumnType | undefined {
  if (field['x-kubernetes-int-or-string'] === true) return 'string';
  switch (field.type) {
    case 'string':
      return field.format === 'date-time' ? 'date' : 'string';
    case 'integer':
    case 'number':
    case 'boolean':
      return field.type;
    default:
      return undefined;
  }
}

function metadataType(path: readonly PathStep[]): ColumnType {
  switch (path[1]) {
    case 'creationTimestamp':
    case 'deletionTimestamp':
      return 'date';
    case 'generation':
      return 'integer';
    default:
      return 'string';
  }
}

function invalid(column: string, path: string, message: string): CustomResourceError {
  return new CustomResourceError('INVALID_DEFINITION', `column ${column} (${path})`, message);
}
