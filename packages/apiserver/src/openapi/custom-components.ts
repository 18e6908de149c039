import type { JsonObject, ResourceType } from '../contracts.ts';
import { CustomSchema } from '../schema/custom-schema.ts';
import { isJsonObject } from '../schema/json-type.ts';
import { componentRef, customComponentName } from './component-names.ts';

const META = 'io.k8s.apimachinery.pkg.apis.meta.v1';

const TYPE_FIELDS: JsonObject = {
  apiVersion: {
    description: 'The group and version of the schema that this object follows.',
    type: 'string',
  },
  kind: { description: 'The kind of this object, in camel case.', type: 'string' },
};

function metadataField(name: 'ObjectMeta' | 'ListMeta'): JsonObject {
  return {
    description: name === 'ObjectMeta' ? 'Metadata of the object.' : 'Metadata of the list.',
    allOf: [componentRef(`${META}.${name}`)],
  };
}

/** Members of an author's schema that say nothing to clients, or that they have no words for. */
const SERVER_ONLY = new Set(['x-kubernetes-validations', 'example', 'externalDocs']);

/** Adds what the server knows of embedded resources and of int-or-string values, at every depth. */
function publish(schema: JsonObject): JsonObject {
  const published: JsonObject = {};
  for (const [key, value] of Object.entries(schema) as [string, unknown][]) {
    if (SERVER_ONLY.has(key)) continue;
    if (key === 'properties' && isJsonObject(value)) {
      published[key] = Object.fromEntries(
        Object.entries(value).map(([name, property]) => [
          name,
          isJsonObject(property) ? publish(property) : property,
        ]),
      );
    } else if ((key === 'items' || key === 'additionalProperties') && isJsonObject(value)) {
      published[key] = publish(value);
    } else {
      published[key] = value;
    }
  }
  if (schema['x-kubernetes-int-or-string'] === true && schema['anyOf'] === undefined) {
    published['anyOf'] = [{ type: 'integer' }, { type: 'string' }];
  }
  if (schema['x-kubernetes-embedded-resource'] === true) {
    const own: unknown = published['properties'];
    published['type'] = 'object';
    published['properties'] = {
      ...(isJsonObject(own) ? own : {}),
      ...TYPE_FIELDS,
      metadata: metadataField('ObjectMeta'),
    };
    const required: unknown = published['required'];
    const names: unknown[] = Array.isArray(required) ? required : [];
    published['required'] = [...new Set([...names, 'kind', 'apiVersion'])];
  }
  return published;
}

function kindTag(type: ResourceType, kind: string): JsonObject {
  return {
    'x-kubernetes-group-version-kind': [{ group: type.group, kind, version: type.version }],
  };
}

/** The components of one custom resource: its objects with the author's descriptions, and their list. */
export function customComponents(type: ResourceType): JsonObject {
  const source = type.schema instanceof CustomSchema ? type.schema.source : {};
  const published = publish(source);
  const own: unknown = published['properties'];
  // `kubectl explain` and strict clients need to see that anything goes.
  const isOpen = source['x-kubernetes-preserve-unknown-fields'] === true && own === undefined;
  return {
    [customComponentName(type, type.kind)]: {
      ...published,
      ...(isOpen
        ? {}
        : {
            properties: {
              ...(isJsonObject(own) ? own : {}),
              ...TYPE_FIELDS,
              metadata: metadataField('ObjectMeta'),
            },
          }),
      ...kindTag(type, type.kind),
    },
    [customComponentName(type, type.listKind)]: {
      description: `${type.listKind} is a list of ${type.kind}.`,
      type: 'object',
      required: ['items'],
      properties: {
        ...TYPE_FIELDS,
        metadata: metadataField('ListMeta'),
        items: {
          description: `The ${type.plural}.`,
          type: 'array',
          items: componentRef(customComponentName(type, type.kind)),
        },
      },
      ...kindTag(type, type.listKind),
    },
  };
}
