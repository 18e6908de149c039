import { Document, isMap, isScalar, type YAMLMap } from 'yaml';

/** A JSON Schema, as far as it is made here. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** One value of a chart that a user may set. */
export interface ChartValue {
  /** What it does, in sentences; a comment in `values.yaml` and a description in the schema. */
  readonly description: string;
  readonly default: unknown;
  readonly schema: JsonSchema;
}

/** Values below one name. */
export interface ChartValueGroup {
  readonly description?: string;
  readonly values: ChartValues;
}

/** The values of a chart, in the order in which they are shown. */
export type ChartValues = Readonly<Record<string, ChartValue | ChartValueGroup>>;

/** The text of `values.yaml`: the defaults, each with a comment. */
export function toValuesYaml(title: string, values: ChartValues): string {
  const document = new Document(defaultsOf(values), { version: '1.1' });
  document.commentBefore = ` ${title}`;
  if (isMap(document.contents)) addComments(document.contents, values, true);
  return document.toString({ lineWidth: 0, directives: false });
}

/** The text of `values.schema.json`: Helm refuses names that it does not know, and values of another type. */
export function toValuesSchema(title: string, values: ChartValues): string {
  const schema = {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title,
    ...schemaOf({
      // What a chart that has this one as a part hands down to all of its parts.
      global: { description: 'Not used by this chart.', default: {}, schema: { type: 'object' } },
      ...values,
    }),
  };
  return `${JSON.stringify(schema, undefined, 2)}\n`;
}

function defaultsOf(values: ChartValues): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [
      name,
      'values' in value ? defaultsOf(value.values) : value.default,
    ]),
  );
}

function addComments(map: YAMLMap, values: ChartValues, isTop: boolean): void {
  for (const [index, pair] of map.items.entries()) {
    if (!isScalar(pair.key)) continue;
    const value = values[String(pair.key.value)];
    if (value === undefined) continue;
    const { description } = value;
    if (description !== undefined) pair.key.commentBefore = ` ${description}`;
    pair.key.spaceBefore = isTop && index > 0;
    if ('values' in value && isMap(pair.value)) addComments(pair.value, value.values, false);
  }
}

function schemaOf(values: ChartValues): JsonSchema {
  return {
    type: 'object',
    additionalProperties: false,
    properties: Object.fromEntries(
      Object.entries(values).map(([name, value]) => {
        const described = value.description === undefined ? {} : { description: value.description };
        return [
          name,
          'values' in value
            ? { ...described, ...schemaOf(value.values) }
            : { ...described, ...value.schema },
        ];
      }),
    ),
  };
}
