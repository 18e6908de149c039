import type { JSONSchemaProps, ValidationRule } from '@kubewright/apimachinery';
import type { $ZodType } from 'zod/v4/core';
import { notExpressible } from '../custom-resource-error.ts';

/** A schema of `apiextensions.k8s.io/v1` as this package writes it: the part of {@link JSONSchemaProps} that is structural. */
export interface StructuralSchema extends Omit<
  JSONSchemaProps,
  'properties' | 'items' | 'additionalProperties' | 'allOf' | 'x-kubernetes-validations'
> {
  /** What the value is; absent for anything, and for what is an integer or a text. */
  type?: 'object' | 'array' | 'string' | 'integer' | 'number' | 'boolean';
  /** Schemas of the fields of an object, by name. */
  properties?: Record<string, StructuralSchema>;
  /** Schema of each element of an array. */
  items?: StructuralSchema;
  /** Schema of each value of a map. */
  additionalProperties?: StructuralSchema;
  /** Further patterns that a text must match; a schema has only one of its own. */
  allOf?: { pattern: string }[];
  /** Rules in CEL. */
  'x-kubernetes-validations'?: ValidationRule[];
}

/** Converts the schema at a path; handed to the converters of schemas that hold other schemas. */
export type Convert = (schema: $ZodType, path: string) => StructuralSchema;

/**
 * A value that may also be null.
 *
 * @throws CustomResourceError `NOT_EXPRESSIBLE` for choices: an API server refuses null beside `enum`, even when it is listed.
 */
export function makeNullable(schema: StructuralSchema, path: string): StructuralSchema {
  if (schema.enum !== undefined) {
    throw notExpressible(
      path,
      'an API server takes no null where there are choices',
      'use optional(), or add a choice that means none, such as the empty text',
    );
  }
  return { ...schema, nullable: true };
}
