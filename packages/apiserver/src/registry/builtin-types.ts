import type {
  BuiltinSchemas,
  ObjectSchema,
  ResourceType,
  SchemaNode,
  Strategy,
  VirtualResource,
} from '../contracts.ts';
import { BUILTIN_RESOURCES, type BuiltinFacts } from './builtin-resources.ts';
import { conversionOf } from './conversions.ts';
import { selectableFieldsOf } from './selectable-fields.ts';
import { addConstantMembers, dropZeroMembers } from './struct-shapes.ts';

const ALL_VERBS = [
  'create',
  'delete',
  'deletecollection',
  'get',
  'list',
  'patch',
  'update',
  'watch',
];

/** What {@link createBuiltinTypes} puts together. */
export interface BuiltinTypeOptions {
  readonly schemas: BuiltinSchemas;
  /** By `plural.group`: what differs from the default of the facts. */
  readonly strategies: ReadonlyMap<string, Partial<Strategy>>;
  /** By `plural.group`. */
  readonly virtualResources: () => ReadonlyMap<string, VirtualResource>;
  readonly defaultStrategy: (facts: BuiltinFacts) => Strategy;
}

/** `plural.group`, or `plural` in the core group: how tables of this folder name a resource. */
export function builtinKey(facts: Pick<BuiltinFacts, 'group' | 'plural'>): string {
  return facts.group === '' ? facts.plural : `${facts.plural}.${facts.group}`;
}

function schemaFor(schemas: BuiltinSchemas, facts: BuiltinFacts): ObjectSchema {
  return schemas.schemaOf(facts.group, facts.version, facts.kind);
}

/** Wraps a strategy so that objects look as the typed server writes them, before and after its own hooks. */
function withStructShapes(strategy: Strategy, root: () => SchemaNode): Strategy {
  return {
    ...strategy,
    applyDefaults(object) {
      dropZeroMembers(root(), object);
      strategy.applyDefaults?.(object);
      addConstantMembers(root(), object);
    },
    prepareForCreate(object, context) {
      strategy.prepareForCreate?.(object, context);
      addConstantMembers(root(), object);
    },
  };
}

function createType(facts: BuiltinFacts, options: BuiltinTypeOptions): ResourceType {
  const key = builtinKey(facts);
  const conversion = conversionOf(facts);
  // Parsing all schemas at the start would cost more than most programs use.
  let schema: ObjectSchema | undefined;
  return {
    group: facts.group,
    version: facts.version,
    kind: facts.kind,
    listKind: `${facts.kind}List`,
    plural: facts.plural,
    singular: facts.singular,
    scope: facts.scope,
    shortNames: facts.shortNames ?? [],
    categories: facts.categories ?? [],
    verbs: facts.verbs ?? ALL_VERBS,
    subresources: new Map((facts.subresources ?? []).map((sub) => [sub.name, sub])),
    origin: 'builtin',
    get schema() {
      schema ??= schemaFor(options.schemas, facts);
      return schema;
    },
    strategy: withStructShapes(
      { ...options.defaultStrategy(facts), ...options.strategies.get(key) },
      () => (schema ??= schemaFor(options.schemas, facts)).root,
    ),
    storageKey: conversion?.storageKey ?? key,
    ...(conversion === undefined
      ? {}
      : { fromStorage: conversion.fromStorage, toStorage: conversion.toStorage }),
    selectableFields: selectableFieldsOf(key),
    ...(key === 'endpoints'
      ? {
          deprecationWarning:
            'v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice',
        }
      : {}),
    get virtual() {
      return options.virtualResources().get(key);
    },
  };
}

/** All built-in resources in the order of discovery. */
export function createBuiltinTypes(options: BuiltinTypeOptions): ResourceType[] {
  return BUILTIN_RESOURCES.map((facts) => createType(facts, options));
}
