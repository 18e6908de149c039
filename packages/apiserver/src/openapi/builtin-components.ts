import type { JsonObject } from '../contracts.ts';
import { isJsonObject } from '../schema/json-type.ts';
import {
  BUILTIN_DOCUMENT,
  referencedName,
  type BuiltinDefinition,
} from '../schema/builtin-document.ts';
import { componentRef } from './component-names.ts';

/** Definitions whose values have more than one JSON type: what the v2 document cannot say. */
const UNIONS: Readonly<Record<string, JsonObject>> = {
  'io.k8s.apimachinery.pkg.util.intstr.IntOrString': {
    format: 'int-or-string',
    oneOf: [{ type: 'integer' }, { type: 'string' }],
  },
  'io.k8s.apimachinery.pkg.api.resource.Quantity': {
    oneOf: [{ type: 'string' }, { type: 'number' }],
  },
};

function convert(schema: BuiltinDefinition): JsonObject {
  const { $ref, properties, items, additionalProperties, ...rest } = schema;
  return {
    ...rest,
    // A reference stands alone in OpenAPI v3; what is said beside it needs the detour.
    ...($ref === undefined ? {} : { allOf: [componentRef(referencedName($ref))] }),
    ...(properties === undefined
      ? {}
      : {
          properties: Object.fromEntries(
            Object.entries(properties).map(([name, property]) => [name, convert(property)]),
          ),
        }),
    ...(items === undefined ? {} : { items: convertPlain(items) }),
    ...(additionalProperties === undefined
      ? {}
      : { additionalProperties: convertPlain(additionalProperties) }),
  };
}

function convertPlain(schema: BuiltinDefinition): JsonObject {
  return schema.$ref === undefined ? convert(schema) : componentRef(referencedName(schema.$ref));
}

/** Collects the names of all definitions that a schema refers to. */
function referencesOf(value: unknown, names: Set<string>): void {
  if (Array.isArray(value)) {
    for (const element of value) referencesOf(element, names);
  } else if (isJsonObject(value)) {
    for (const [key, member] of Object.entries(value)) {
      if (key === '$ref' && typeof member === 'string') names.add(nameOf(member));
      else referencesOf(member, names);
    }
  }
}

function nameOf(reference: string): string {
  return reference.slice(reference.lastIndexOf('/') + 1);
}

/**
 * The components of an OpenAPI v3 document for everything its other parts refer to, and what these refer to in turn.
 *
 * @param parts paths and schemas that are in the document already
 * @param known names of components that are there already
 */
export function builtinComponents(parts: unknown, known: ReadonlySet<string>): JsonObject {
  const components: JsonObject = {};
  const wanted = new Set<string>();
  referencesOf(parts, wanted);
  // A set hands out the elements that are added while it is walked.
  for (const name of wanted) {
    const definition = BUILTIN_DOCUMENT.definitions[name];
    if (known.has(name) || definition === undefined) continue;
    const component = UNIONS[name] ?? convert(definition);
    components[name] = component;
    referencesOf(component, wanted);
  }
  return Object.fromEntries(Object.entries(components).sort(([a], [b]) => (a < b ? -1 : 1)));
}

const KIND_NAMES: ReadonlyMap<string, string> = new Map(
  Object.entries(BUILTIN_DOCUMENT.definitions).flatMap(([name, definition]) =>
    (definition['x-kubernetes-group-version-kind'] ?? []).map(
      ({ group, version, kind }): [string, string] => [`${group}/${version}/${kind}`, name],
    ),
  ),
);

/** The name of a built-in kind's definition; undefined when the document has none. */
export function builtinComponentName(
  group: string,
  version: string,
  kind: string,
): string | undefined {
  return KIND_NAMES.get(`${group}/${version}/${kind}`);
}
