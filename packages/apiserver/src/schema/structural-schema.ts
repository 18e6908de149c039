import { RE2JS } from 're2js';
import type { JsonObject, SchemaNode } from '../contracts.ts';
import { isJsonObject } from './json-type.ts';

/** One entry of `x-kubernetes-validations`. */
export interface CelRule {
  readonly rule: string;
  readonly message?: string | undefined;
  readonly messageExpression?: string | undefined;
  readonly reason?: string | undefined;
  readonly fieldPath?: string | undefined;
  readonly optionalOldSelf?: boolean | undefined;
}

/** A compiled RE2 pattern with its source. */
export interface Pattern {
  readonly source: string;
  readonly expression: RE2JS;
}

/** What a value has to satisfy beyond its structure. Absent members are not checked. */
export interface ValueRules {
  /** JSON types by name; empty: any. Two for int-or-string. */
  readonly types: readonly string[];
  readonly format?: string | undefined;
  readonly nullable: boolean;
  readonly enum?: readonly unknown[] | undefined;
  readonly pattern?: Pattern | undefined;
  readonly minLength?: number | undefined;
  readonly maxLength?: number | undefined;
  readonly minimum?: number | undefined;
  readonly exclusiveMinimum: boolean;
  readonly maximum?: number | undefined;
  readonly exclusiveMaximum: boolean;
  readonly multipleOf?: number | undefined;
  readonly minItems?: number | undefined;
  readonly maxItems?: number | undefined;
  readonly minProperties?: number | undefined;
  readonly maxProperties?: number | undefined;
  readonly required: readonly string[];
  readonly allOf: readonly StructuralSchema[];
  readonly anyOf: readonly StructuralSchema[];
  readonly oneOf: readonly StructuralSchema[];
  readonly not?: StructuralSchema | undefined;
}

/** A node of a custom resource's schema: the structure every part of the server walks, plus its rules. */
export interface StructuralSchema extends SchemaNode {
  readonly properties?: ReadonlyMap<string, StructuralSchema> | undefined;
  readonly additionalProperties?: StructuralSchema | undefined;
  readonly items?: StructuralSchema | undefined;
  readonly rules: ValueRules;
  readonly celRules: readonly CelRule[];
}

function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined;
}

function stringOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function schemasOf(value: unknown): StructuralSchema[] {
  return Array.isArray(value) ? value.filter(isJsonObject).map(compileStructuralSchema) : [];
}

function nodeType(schema: JsonObject): SchemaNode['type'] {
  const type: unknown = schema['type'];
  switch (type) {
    case 'object':
    case 'array':
    case 'string':
    case 'integer':
    case 'number':
    case 'boolean':
      return type;
    default:
      return 'any';
  }
}

/** Compiles a pattern as the API server does (RE2, unanchored). @throws Error for a pattern RE2 does not have. */
export function compilePattern(source: string): Pattern {
  return { source, expression: RE2JS.compile(source) };
}

function rulesOf(schema: JsonObject): ValueRules {
  const intOrString = schema['x-kubernetes-int-or-string'] === true;
  const type = stringOf(schema['type']) ?? '';
  const pattern = stringOf(schema['pattern']) ?? '';
  return {
    types: intOrString ? ['integer', 'string'] : type === '' ? [] : [type],
    format: stringOf(schema['format']),
    nullable: schema['nullable'] === true,
    enum: Array.isArray(schema['enum']) ? schema['enum'] : undefined,
    pattern: pattern === '' ? undefined : compilePattern(pattern),
    minLength: numberOf(schema['minLength']),
    maxLength: numberOf(schema['maxLength']),
    minimum: numberOf(schema['minimum']),
    exclusiveMinimum: schema['exclusiveMinimum'] === true,
    maximum: numberOf(schema['maximum']),
    exclusiveMaximum: schema['exclusiveMaximum'] === true,
    multipleOf: numberOf(schema['multipleOf']),
    minItems: numberOf(schema['minItems']),
    maxItems: numberOf(schema['maxItems']),
    minProperties: numberOf(schema['minProperties']),
    maxProperties: numberOf(schema['maxProperties']),
    required: Array.isArray(schema['required'])
      ? schema['required'].filter((name) => typeof name === 'string')
      : [],
    allOf: schemasOf(schema['allOf']),
    anyOf: schemasOf(schema['anyOf']),
    oneOf: schemasOf(schema['oneOf']),
    not: isJsonObject(schema['not']) ? compileStructuralSchema(schema['not']) : undefined,
  };
}

function celRulesOf(value: unknown): CelRule[] {
  if (!Array.isArray(value)) return [];
  return value.filter(isJsonObject).map((rule) => ({
    rule: String(rule['rule']),
    message: stringOf(rule['message']),
    messageExpression: stringOf(rule['messageExpression']),
    reason: stringOf(rule['reason']),
    fieldPath: stringOf(rule['fieldPath']),
    optionalOldSelf:
      typeof rule['optionalOldSelf'] === 'boolean' ? rule['optionalOldSelf'] : undefined,
  }));
}

function propertiesOf(schema: JsonObject): Map<string, StructuralSchema> | undefined {
  const properties: unknown = schema['properties'];
  if (!isJsonObject(properties)) return undefined;
  return new Map(
    Object.entries(properties)
      .filter((entry): entry is [string, JsonObject] => isJsonObject(entry[1]))
      .map(([name, property]) => [name, compileStructuralSchema(property)]),
  );
}

/**
 * Compiles a schema of a CustomResourceDefinition (`openAPIV3Schema`, or a part of it).
 *
 * Assumptions: the schema has passed the rules for structural schemas; what they forbid is ignored here.
 *
 * @throws Error for a pattern that is not RE2.
 */
export function compileStructuralSchema(schema: JsonObject): StructuralSchema {
  const additional: unknown = schema['additionalProperties'];
  const listType = schema['x-kubernetes-list-type'] as SchemaNode['listType'];
  const preserve = schema['x-kubernetes-preserve-unknown-fields'] === true;
  return {
    type: nodeType(schema),
    format: stringOf(schema['format']),
    properties: propertiesOf(schema),
    additionalProperties: isJsonObject(additional)
      ? compileStructuralSchema(additional)
      : additional === true
        ? compileStructuralSchema({ nullable: true })
        : undefined,
    items: isJsonObject(schema['items']) ? compileStructuralSchema(schema['items']) : undefined,
    listType,
    listMapKeys: Array.isArray(schema['x-kubernetes-list-map-keys'])
      ? schema['x-kubernetes-list-map-keys'].filter((key) => typeof key === 'string')
      : undefined,
    mapType: schema['x-kubernetes-map-type'] as SchemaNode['mapType'],
    preserveUnknownFields: preserve || undefined,
    embeddedResource: schema['x-kubernetes-embedded-resource'] === true || undefined,
    intOrString: schema['x-kubernetes-int-or-string'] === true || undefined,
    nullable: schema['nullable'] === true || undefined,
    default: schema['default'] === null ? undefined : schema['default'],
    rules: rulesOf(schema),
    celRules: celRulesOf(schema['x-kubernetes-validations']),
  };
}
