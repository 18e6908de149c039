import type { SchemaNode } from '../contracts.ts';
import { namedTypeOf } from './named-types.ts';
import { BUILTIN_DOCUMENT, referencedName, type BuiltinDefinition } from './builtin-document.ts';

/**
 * How the typed decoder reads a value where its JSON type alone does not tell.
 *
 * - `time`, `microTime`: RFC 3339 text, stored in UTC with second or microsecond precision
 * - `quantity`: text or number, stored in canonical form
 * - `bytes`: base64 text
 * - `raw`: any JSON value, kept as it is
 * - `schemaOrArray`, `schemaOrBool`, `schemaOrStrings`: the unions inside of JSON schemas
 */
export type DecodeForm =
  | 'plain'
  | 'time'
  | 'microTime'
  | 'quantity'
  | 'intOrString'
  | 'bytes'
  | 'raw'
  | 'schemaOrArray'
  | 'schemaOrBool'
  | 'schemaOrStrings';

const META = 'io.k8s.apimachinery.pkg.apis.meta.v1';
const EXTENSIONS = 'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1';

const FORMS: ReadonlyMap<string, DecodeForm> = new Map<string, DecodeForm>([
  [`${META}.Time`, 'time'],
  [`${META}.MicroTime`, 'microTime'],
  ['io.k8s.apimachinery.pkg.api.resource.Quantity', 'quantity'],
  ['io.k8s.apimachinery.pkg.util.intstr.IntOrString', 'intOrString'],
  [`${META}.FieldsV1`, 'raw'],
  ['io.k8s.apimachinery.pkg.runtime.RawExtension', 'raw'],
  [`${EXTENSIONS}.JSON`, 'raw'],
  [`${EXTENSIONS}.JSONSchemaPropsOrArray`, 'schemaOrArray'],
  [`${EXTENSIONS}.JSONSchemaPropsOrBool`, 'schemaOrBool'],
  [`${EXTENSIONS}.JSONSchemaPropsOrStringArray`, 'schemaOrStrings'],
]);

/** Name of the definition of JSON schemas inside of CustomResourceDefinitions. */
export const JSON_SCHEMA_PROPS = `${EXTENSIONS}.JSONSchemaProps`;

/** What is known of a node beyond the document. */
interface NodeFacts {
  /** Default of a field that is part of a list's key. */
  readonly default?: string | undefined;
  readonly namedType?: string | undefined;
}

const NODE_TYPES: readonly string[] = ['object', 'array', 'string', 'integer', 'number', 'boolean'];

function isNodeType(type: string): type is SchemaNode['type'] {
  return NODE_TYPES.includes(type);
}

/**
 * A node of a built-in kind's schema. Children are made when they are first asked for: the document is large, most of
 * it is never used by one server, and JSON schemas contain themselves.
 */
export class BuiltinNode implements SchemaNode {
  readonly type: SchemaNode['type'];
  readonly format: string | undefined;
  readonly form: DecodeForm;
  /** Full name of the definition this node stands for; undefined for a value defined in place. */
  readonly definitionName: string | undefined;
  /** Members that every object of this type carries. */
  readonly required: readonly string[];
  readonly listType: SchemaNode['listType'];
  readonly listMapKeys: readonly string[] | undefined;
  readonly mapType: SchemaNode['mapType'];
  readonly patchStrategy: readonly string[] | undefined;
  readonly patchMergeKey: string | undefined;
  readonly preserveUnknownFields: boolean | undefined;
  readonly intOrString: boolean | undefined;
  readonly default: unknown;
  /** Name of the type in decoding errors where the document does not tell it, such as `v1.Protocol`. */
  readonly namedType: string | undefined;
  readonly #source: BuiltinDefinition;
  #properties: ReadonlyMap<string, BuiltinNode> | undefined;
  #items: BuiltinNode | undefined;
  #additionalProperties: BuiltinNode | undefined;

  /**
   * @param place the definition at its place of use: a `$ref`, with what is said beside it, or the schema itself
   * @param facts what the document does not tell
   */
  constructor(place: BuiltinDefinition, facts: NodeFacts = {}) {
    const name = place.$ref === undefined ? undefined : referencedName(place.$ref);
    const target = name === undefined ? undefined : BUILTIN_DOCUMENT.definitions[name];
    const source = target === undefined ? place : { ...target, ...place };
    this.#source = source;
    this.definitionName = name;
    this.form =
      (name === undefined ? undefined : FORMS.get(name)) ??
      (source.format === 'byte' ? 'bytes' : 'plain');
    const type = source.type ?? '';
    const isAny =
      this.form === 'raw' || this.form === 'intOrString' || this.form.startsWith('schema');
    this.type = isAny || !isNodeType(type) ? 'any' : type;
    this.format = source.format;
    this.required = source.required ?? [];
    this.listType = source['x-kubernetes-list-type'];
    this.listMapKeys = source['x-kubernetes-list-map-keys'];
    // What is kept as it is has one owner as a whole.
    this.mapType = this.form === 'raw' ? 'atomic' : source['x-kubernetes-map-type'];
    this.patchStrategy = source['x-kubernetes-patch-strategy']?.split(',');
    this.patchMergeKey = source['x-kubernetes-patch-merge-key'];
    this.preserveUnknownFields = isAny && this.form !== 'intOrString' ? true : undefined;
    this.intOrString = this.form === 'intOrString' ? true : undefined;
    this.default = facts.default;
    this.namedType = facts.namedType;
  }

  /** A node for a definition by its full name. @throws TypeError when the document has none of this name. */
  static named(name: string): BuiltinNode {
    if (BUILTIN_DOCUMENT.definitions[name] === undefined) {
      throw new TypeError(`the OpenAPI document has no definition ${name}`);
    }
    return new BuiltinNode({ $ref: `#/definitions/${name}` });
  }

  get properties(): ReadonlyMap<string, BuiltinNode> | undefined {
    const { properties } = this.#source;
    if (properties === undefined) return undefined;
    this.#properties ??= new Map(
      Object.entries(properties).map(([name, property]) => [
        name,
        new BuiltinNode(property, {
          default: KEY_DEFAULTS.get(`${this.definitionName ?? ''}.${name}`),
          namedType: namedTypeOf(this.definitionName ?? '', name),
        }),
      ]),
    );
    return this.#properties;
  }

  get items(): BuiltinNode | undefined {
    const { items } = this.#source;
    if (items === undefined) return undefined;
    // `[]v1.Capability` holds values of type `v1.Capability`.
    const namedType = /^\[\](.*)$/.exec(this.namedType ?? '')?.[1];
    this.#items ??= new BuiltinNode(items, { namedType });
    return this.#items;
  }

  get additionalProperties(): BuiltinNode | undefined {
    const { additionalProperties } = this.#source;
    if (additionalProperties === undefined) return undefined;
    // `map[string]v1.ExtraValue` holds values of type `v1.ExtraValue`.
    const namedType = /^map\[[^\]]*\](.*)$/.exec(this.namedType ?? '')?.[1];
    this.#additionalProperties ??= new BuiltinNode(additionalProperties, { namedType });
    return this.#additionalProperties;
  }
}

/** Defaults of fields that are part of a list's key (`x-kubernetes-list-map-keys`), as the real document declares them. */
const KEY_DEFAULTS: ReadonlyMap<string, string> = new Map([
  ['io.k8s.api.core.v1.ContainerPort.protocol', 'TCP'],
  ['io.k8s.api.core.v1.ServicePort.protocol', 'TCP'],
]);
