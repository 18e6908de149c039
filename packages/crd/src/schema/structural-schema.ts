import type { JSONSchemaProps, ValidationRule } from '@kubewright/apimachinery';
import type { $ZodType } from 'zod/v4/core';

/** A schema of `apiextensions.k8s.io/v1` as this package writes it: the part of {@link JSONSchemaProps} that is structural. */
export interface StructuralSchema extends Omit<
  JSONSchemaProps,
  'properties' | 'items' | 'additionalProperties' | 'allOf' | 'x-kubernetes-validations'
> {
  type?: 'object' | 'array' | 'string' | 'integer' | 'number' | 'boolean';
  properties?: Record<string, StructuralSchema>;
  items?: StructuralSchema;
  additionalProperties?: StructuralSchema;
  allOf?: { pattern: string }[];
  'x-kubernetes-validations'?: ValidationRule[];
}

/** Converts the schema at a path; handed to the converters of schemas that hold other schemas. */
export type Convert = (schema: $ZodType, path: string) => StructuralSchema;

/** A nullable value may also be null where it is one of several choices. */
export function makeNullable(schema: StructuralSchema): StructuralSchema {
  return {
    ...schema,
    ...(schema.enum === undefined ? {} : { enum: [...schema.enum, null] }),
    nullable: true,
  };
}
