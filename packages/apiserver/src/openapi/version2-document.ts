import type { JsonObject, ResourceType } from '../contracts.ts';
import { BUILTIN_DOCUMENT } from '../schema/builtin-document.ts';
import { isJsonObject } from '../schema/json-type.ts';
import { COMPONENT_PREFIX } from './component-names.ts';
import { customComponents } from './custom-components.ts';
import { resourcePaths } from './resource-paths.ts';

/** Members of a v3 schema that OpenAPI v2 does not have. */
const VERSION3_ONLY = new Set(['oneOf', 'anyOf', 'not', 'nullable']);

/** A v3 schema in the words of OpenAPI v2; what v2 cannot say is left away. */
function toVersion2(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(toVersion2);
  if (!isJsonObject(value)) return value;
  const converted: JsonObject = {};
  for (const [key, member] of Object.entries(value) as [string, unknown][]) {
    if (VERSION3_ONLY.has(key)) continue;
    if (key === '$ref' && typeof member === 'string') {
      converted['$ref'] = member.replace(COMPONENT_PREFIX, '#/definitions/');
    } else if (key === 'properties' && isJsonObject(member)) {
      // The names of properties are the author's, whatever they mean in a schema.
      converted['properties'] = Object.fromEntries(
        Object.entries(member).map(([name, property]) => [name, toVersion2(property)]),
      );
    } else if (key === 'allOf' && Array.isArray(member)) {
      const only: unknown = member.length === 1 ? member[0] : undefined;
      if (isJsonObject(only) && typeof only['$ref'] === 'string') {
        Object.assign(converted, toVersion2(only));
      }
    } else if (key === 'default' || key === 'enum' || key.startsWith('x-')) {
      converted[key] = member;
    } else {
      converted[key] = toVersion2(member);
    }
  }
  // A value that may be null has no type in v2.
  if (value['nullable'] === true) {
    for (const key of ['type', 'items', 'properties', 'format']) {
      Reflect.deleteProperty(converted, key);
    }
  }
  return converted;
}

function parameterToVersion2(parameter: unknown): unknown {
  if (!isJsonObject(parameter)) return parameter;
  const { schema, ...rest } = parameter;
  return { ...rest, ...(isJsonObject(schema) ? schema : {}) };
}

function operationToVersion2(operation: JsonObject): JsonObject {
  const { requestBody, responses, parameters, ...rest } = operation;
  const body: unknown = isJsonObject(requestBody) ? requestBody['content'] : undefined;
  const consumes = isJsonObject(body) ? Object.keys(body) : ['*/*'];
  const schema: unknown = isJsonObject(body) ? firstSchema(body) : undefined;
  return {
    ...rest,
    consumes,
    produces: ['application/json', 'application/yaml'],
    schemes: ['https'],
    parameters: [
      ...(schema === undefined
        ? []
        : [{ name: 'body', in: 'body', required: true, schema: toVersion2(schema) }]),
      ...(Array.isArray(parameters) ? parameters.map(parameterToVersion2) : []),
    ],
    responses: Object.fromEntries(
      Object.entries(isJsonObject(responses) ? responses : {}).map(([code, response]) => [
        code,
        responseToVersion2(response),
      ]),
    ),
  };
}

function firstSchema(content: JsonObject): unknown {
  const first: unknown = Object.values(content)[0];
  return isJsonObject(first) ? first['schema'] : undefined;
}

function responseToVersion2(response: unknown): unknown {
  if (!isJsonObject(response)) return response;
  const { content, ...rest } = response;
  const schema = isJsonObject(content) ? firstSchema(content) : undefined;
  return { ...rest, ...(schema === undefined ? {} : { schema: toVersion2(schema) }) };
}

function pathToVersion2(item: unknown): unknown {
  if (!isJsonObject(item)) return item;
  return Object.fromEntries(
    Object.entries(item).map(([method, value]) => [
      method,
      method === 'parameters' && Array.isArray(value)
        ? value.map(parameterToVersion2)
        : isJsonObject(value)
          ? operationToVersion2(value)
          : value,
    ]),
  );
}

/** The OpenAPI v2 document of everything that is served. */
export function version2Document(types: readonly ResourceType[]): JsonObject {
  const paths = Object.assign({}, ...types.map(resourcePaths)) as JsonObject;
  const custom = Object.assign(
    {},
    ...types.filter(({ origin }) => origin === 'custom').map(customComponents),
  ) as JsonObject;
  return {
    swagger: '2.0',
    info: { title: 'Kubernetes', version: `v${BUILTIN_DOCUMENT.version}` },
    paths: Object.fromEntries(
      Object.entries(paths).map(([path, item]) => [path, pathToVersion2(item)]),
    ),
    definitions: {
      ...BUILTIN_DOCUMENT.definitions,
      ...Object.fromEntries(
        Object.entries(custom).map(([name, component]) => [name, toVersion2(component)]),
      ),
    },
    securityDefinitions: {
      BearerToken: { type: 'apiKey', name: 'authorization', in: 'header' },
    },
    security: [{ BearerToken: [] }],
  };
}
