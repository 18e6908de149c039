import type { DecodeResult, JsonObject, ObjectSchema, SchemaNode } from '../contracts.ts';
import type { FieldError } from '../field-error.ts';
import { badRequest } from '../status.ts';
import { DecodeError } from './decode-scalar.ts';
import { decodeEmbeddedResources, validateEmbeddedResources } from './embedded-resources.ts';
import { fillDefaults } from './fill-defaults.ts';
import { validateListTopology } from './list-topology.ts';
import { decodeMetadata, objectMetaNode } from './object-metadata.ts';
import { pruneFields } from './prune-fields.ts';
import type { StructuralSchema } from './structural-schema.ts';
import { validateValue } from './validate-value.ts';

/** Checks the CEL rules of a schema. */
export interface RuleChecker {
  /** @param old the stored object, for transition rules; undefined at creation */
  check(object: JsonObject, old: JsonObject | undefined): readonly FieldError[];
}

/** What a custom schema is made of. */
export interface CustomSchemaOptions {
  readonly version: string;
  readonly kind: string;
  readonly schema: StructuralSchema;
  /** The schema as its author wrote it, for OpenAPI. */
  readonly source: JsonObject;
  readonly rules: RuleChecker;
}

/** Errors after which CEL rules would meet values of types they do not expect. */
const BLOCKING: ReadonlySet<FieldError['type']> = new Set<FieldError['type']>([
  'FieldValueNotSupported',
  'FieldValueRequired',
  'FieldValueTooLong',
  'FieldValueTooMany',
  'FieldValueTypeInvalid',
]);

const RULES_NOT_CHECKED: FieldError = {
  type: 'FieldValueInvalid',
  field: '<nil>',
  message:
    'Invalid value: null: some validation rules were not checked because the object was invalid; correct the existing errors to complete validation',
};

const STRING: SchemaNode = { type: 'string' };

/** The schema of one version of a custom resource, as the write path uses it. */
export class CustomSchema implements ObjectSchema {
  readonly root: SchemaNode;
  /** The schema as its author wrote it. */
  readonly source: JsonObject;
  readonly #options: CustomSchemaOptions;

  constructor(options: CustomSchemaOptions) {
    this.#options = options;
    this.source = options.source;
    const { schema } = options;
    this.root = {
      ...schema,
      properties: new Map<string, SchemaNode>([
        ...(schema.properties ?? []),
        ['apiVersion', STRING],
        ['kind', STRING],
        ['metadata', objectMetaNode()],
      ]),
    };
  }

  decode(object: JsonObject): DecodeResult {
    const { schema, kind, version } = this.#options;
    try {
      const paths = [
        ...decodeMetadata(object, 'metadata'),
        ...decodeEmbeddedResources(schema, object),
        ...pruneFields(schema, object),
      ];
      return {
        unknownFields: paths.sort().map((path) => `unknown field ${JSON.stringify(path)}`),
      };
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      throw badRequest(
        `${kind} in version ${JSON.stringify(version)} cannot be handled as a ${kind}: ${error.message}`,
      );
    }
  }

  applyDefaults(object: JsonObject): void {
    fillDefaults(this.#options.schema, object);
  }

  validate(object: JsonObject, old: JsonObject | undefined): readonly FieldError[] {
    const { schema, rules } = this.#options;
    const structural = validateValue(
      schema,
      object,
      '',
      old === undefined ? undefined : { value: old },
    );
    const errors = [
      ...structural,
      ...validateEmbeddedResources(schema, object),
      ...validateListTopology(schema, object, ''),
    ];
    if (errors.some((error) => BLOCKING.has(error.type))) {
      return schemaHasRules(schema) ? [...errors, RULES_NOT_CHECKED] : errors;
    }
    return [...errors, ...rules.check(object, old)];
  }

  validateStatus(object: JsonObject, old: JsonObject): readonly FieldError[] {
    return this.validate(object, old);
  }
}

/** Whether a schema holds a CEL rule at any depth. */
export function schemaHasRules(schema: StructuralSchema): boolean {
  if (schema.celRules.length > 0) return true;
  if (schema.items !== undefined && schemaHasRules(schema.items)) return true;
  if (schema.additionalProperties !== undefined && schemaHasRules(schema.additionalProperties)) {
    return true;
  }
  return schema.properties?.values().some(schemaHasRules) ?? false;
}
