import { getOwn, isJsonObject } from '../json-value.ts';

/** How a strategic merge patch treats a field. */
export type PatchStrategy = 'merge' | 'replace' | 'retainKeys';

/** A field, as a strategic merge patch needs to know it. */
export interface PatchField {
  /** Empty: objects are merged, lists replaced. */
  readonly strategies: readonly PatchStrategy[];
  /** The member that identifies an element of a merged list of objects. */
  readonly mergeKey: string | undefined;
  /** The fields of the object, or of each element of the list. */
  readonly value: PatchSchema;
}

/** Looks up the fields of one type. */
export interface PatchSchema {
  /** The type's name for messages. */
  readonly name: string;
  /** The field; undefined when the type has none of this name. In a map every key is a field. */
  field(name: string): PatchField | undefined;
}

/** Definitions of an OpenAPI v2 document, by name. */
export type OpenApiDefinitions = Readonly<Record<string, unknown>>;

const refPrefix = '#/definitions/';

/**
 * The lookup over OpenAPI definitions, from `x-kubernetes-patch-strategy` and `x-kubernetes-patch-merge-key`.
 * Reads as far as it is asked; recursive types are no problem.
 *
 * @param typeName - A name in `definitions`, such as `io.k8s.api.core.v1.Pod`; an unknown type has no fields.
 */
export function openApiPatchSchema(definitions: OpenApiDefinitions, typeName: string): PatchSchema {
  return schemaOf(definitions, { $ref: refPrefix + typeName }, typeName);
}

type Schema = Readonly<Record<string, unknown>>;

function schemaOf(definitions: OpenApiDefinitions, schema: unknown, name: string): PatchSchema {
  const { target, targetName } = resolve(definitions, schema, name);
  return {
    name: targetName.slice(targetName.lastIndexOf('.') + 1),
    field(fieldName) {
      const field = fieldSchema(target, fieldName);
      if (field === undefined) return undefined;
      const { target: type } = resolve(definitions, field, fieldName);
      const value = type['type'] === 'array' ? type['items'] : field;
      const strategy = field['x-kubernetes-patch-strategy'];
      const mergeKey = field['x-kubernetes-patch-merge-key'];
      return {
        strategies: typeof strategy === 'string' ? strategy.split(',').filter(isStrategy) : [],
        mergeKey: typeof mergeKey === 'string' ? mergeKey : undefined,
        value: schemaOf(definitions, value, fieldName),
      };
    },
  };
}

function fieldSchema(type: Schema, name: string): Schema | undefined {
  const properties = type['properties'];
  const property = isJsonObject(properties) ? getOwn(properties, name) : undefined;
  const field = property ?? type['additionalProperties'];
  return isJsonObject(field) ? field : undefined;
}

/** Follows references; a chain of them that never ends is cut. */
function resolve(
  definitions: OpenApiDefinitions,
  schema: unknown,
  name: string,
): { target: Schema; targetName: string } {
  let target: unknown = schema;
  let targetName = name;
  for (let step = 0; step < 10; step++) {
    if (!isJsonObject(target)) break;
    const reference = target['$ref'];
    if (typeof reference !== 'string' || !reference.startsWith(refPrefix)) {
      return { target, targetName };
    }
    targetName = reference.slice(refPrefix.length);
    target = getOwn(definitions, targetName);
  }
  return { target: {}, targetName };
}

function isStrategy(word: string): word is PatchStrategy {
  return word === 'merge' || word === 'replace' || word === 'retainKeys';
}
