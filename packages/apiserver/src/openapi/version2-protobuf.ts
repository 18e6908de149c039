import { writeYaml } from '@kubewright/apimachinery';
import type { JsonObject } from '../contracts.ts';
import { isJsonObject } from '../schema/json-type.ts';
import { ProtobufWriter } from './protobuf-writer.ts';

// Field numbers: `openapi.v2` of google/gnostic, the message that kubectl asks for.

function membersOf(value: unknown): [string, unknown][] {
  return isJsonObject(value) ? Object.entries(value) : [];
}

function elementsOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

/** Free-form values travel as YAML text. Simple words, by far the most, need no YAML writer. */
function writeAny(writer: ProtobufWriter, value: unknown): void {
  const isWord = typeof value === 'string' && /^[A-Z][A-Za-z]{3,}$/.test(value);
  writer.text(2, isWord ? `${value}\n` : writeYaml(value));
}

function writeExtensions(writer: ProtobufWriter, field: number, source: JsonObject): void {
  for (const [name, value] of Object.entries(source)) {
    if (!name.startsWith('x-')) continue;
    writer.message(field, (named) => {
      named.text(1, name).message(2, (any) => writeAny(any, value));
    });
  }
}

function writeSchema(writer: ProtobufWriter, schema: unknown): void {
  if (!isJsonObject(schema)) return;
  writer.text(1, schema['$ref']).text(2, schema['format']);
  writer.text(3, schema['title']).text(4, schema['description']);
  if (schema['default'] !== undefined) writer.message(5, (any) => writeAny(any, schema['default']));
  writer.double(6, schema['multipleOf']);
  writer.double(7, schema['maximum']).flag(8, schema['exclusiveMaximum']);
  writer.double(9, schema['minimum']).flag(10, schema['exclusiveMinimum']);
  writer.integer(11, schema['maxLength']).integer(12, schema['minLength']);
  writer.text(13, schema['pattern']);
  writer.integer(14, schema['maxItems']).integer(15, schema['minItems']);
  writer.flag(16, schema['uniqueItems']);
  writer.integer(17, schema['maxProperties']).integer(18, schema['minProperties']);
  writer.texts(19, schema['required']);
  for (const choice of elementsOf(schema['enum']))
    writer.message(20, (any) => writeAny(any, choice));
  const additional: unknown = schema['additionalProperties'];
  if (typeof additional === 'boolean') {
    writer.message(21, (item) => item.flag(2, additional));
  } else if (additional !== undefined) {
    writer.message(21, (item) => item.message(1, (inner) => writeSchema(inner, additional)));
  }
  if (typeof schema['type'] === 'string') {
    writer.message(22, (type) => type.texts(1, [schema['type']]));
  }
  if (schema['items'] !== undefined) {
    writer.message(23, (items) => items.message(1, (inner) => writeSchema(inner, schema['items'])));
  }
  for (const part of elementsOf(schema['allOf'])) {
    writer.message(24, (inner) => writeSchema(inner, part));
  }
  if (schema['properties'] !== undefined) {
    writer.message(25, (properties) => writeNamedSchemas(properties, schema['properties']));
  }
  writeExtensions(writer, 31, schema);
}

function writeNamedSchemas(writer: ProtobufWriter, schemas: unknown): void {
  for (const [name, schema] of membersOf(schemas)) {
    writer.message(1, (named) => {
      named.text(1, name).message(2, (inner) => writeSchema(inner, schema));
    });
  }
}

/** Query and path parameters differ in the field of the choice, and in where the type stands. */
const PARAMETER_PLACES: Readonly<
  Record<string, { readonly choice: number; readonly type: number }>
> = {
  query: { choice: 3, type: 6 },
  path: { choice: 4, type: 5 },
};

function writeParameter(writer: ProtobufWriter, parameter: unknown): void {
  if (!isJsonObject(parameter)) return;
  writer.message(1, (item) => {
    if (parameter['in'] === 'body') {
      item.message(1, (body) => {
        body.text(2, parameter['name']).text(3, 'body').flag(4, parameter['required']);
        body.message(5, (inner) => writeSchema(inner, parameter['schema']));
      });
      return;
    }
    const place = PARAMETER_PLACES[String(parameter['in'])];
    if (place === undefined) return;
    item.message(2, (nonBody) => {
      nonBody.message(place.choice, (inner) => {
        inner.flag(1, parameter['required']).text(2, parameter['in']).text(4, parameter['name']);
        inner.text(place.type, parameter['type']);
      });
    });
  });
}

function writeResponses(writer: ProtobufWriter, responses: unknown): void {
  for (const [code, response] of membersOf(responses)) {
    if (!isJsonObject(response)) continue;
    writer.message(1, (named) => {
      named.text(1, code).message(2, (value) => {
        value.message(1, (answer) => {
          answer.text(1, response['description']);
          if (response['schema'] === undefined) return;
          answer.message(2, (item) => {
            item.message(1, (schema) => writeSchema(schema, response['schema']));
          });
        });
      });
    });
  }
}

function writeOperation(writer: ProtobufWriter, operation: unknown): void {
  if (!isJsonObject(operation)) return;
  writer.texts(1, operation['tags']).text(3, operation['description']);
  writer.text(5, operation['operationId']);
  writer.texts(6, operation['produces']).texts(7, operation['consumes']);
  for (const parameter of elementsOf(operation['parameters'])) {
    writer.message(8, (item) => writeParameter(item, parameter));
  }
  writer.message(9, (responses) => writeResponses(responses, operation['responses']));
  writer.texts(10, operation['schemes']);
  writeExtensions(writer, 13, operation);
}

const METHODS: readonly (readonly [string, number])[] = [
  ['get', 2],
  ['put', 3],
  ['post', 4],
  ['delete', 5],
  ['patch', 8],
];

function writePathItem(writer: ProtobufWriter, item: unknown): void {
  if (!isJsonObject(item)) return;
  for (const [method, field] of METHODS) {
    if (item[method] !== undefined) {
      writer.message(field, (operation) => writeOperation(operation, item[method]));
    }
  }
  for (const parameter of elementsOf(item['parameters'])) {
    writer.message(9, (inner) => writeParameter(inner, parameter));
  }
}

/** Encodes an OpenAPI v2 document as the protobuf message that kubectl reads. */
export function encodeVersion2(document: JsonObject): Uint8Array {
  const info: unknown = document['info'];
  const writer = new ProtobufWriter().text(1, document['swagger']);
  writer.message(2, (inner) => {
    if (isJsonObject(info)) inner.text(1, info['title']).text(2, info['version']);
  });
  writer.message(8, (paths) => {
    for (const [path, item] of membersOf(document['paths'])) {
      paths.message(2, (named) => {
        named.text(1, path).message(2, (inner) => writePathItem(inner, item));
      });
    }
  });
  writer.message(9, (definitions) => writeNamedSchemas(definitions, document['definitions']));
  return writer.finish();
}
