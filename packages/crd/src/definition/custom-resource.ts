import {
  defineResource,
  isJsonObject,
  validateDnsLabel,
  validateDns1035Label,
  validateDnsSubdomain,
  type ApiextensionsV1WebhookClientConfig,
  type CustomResourceConversion,
  type CustomResourceDefinition,
  type KubernetesObject,
  type ObjectMeta,
  type Resource,
} from '@kubewright/apimachinery';
import * as z from 'zod';
import { defineConversion, type AnyConversion } from '../conversion/define-conversion.ts';
import type { ConversionByWebhook, StorageVersion } from '../conversion/version-converter.ts';
import { CustomResourceError } from '../custom-resource-error.ts';
import { withRule, type CelRule } from '../schema/markers.ts';
import { toManifest } from './manifest.ts';
import type { CustomObject, CustomResourceVersion } from './version.ts';

/** A custom resource, as its author describes it. */
export interface CustomResourceOptions<Versions extends readonly CustomResourceVersion[]> {
  /** API group with at least one dot, such as `diagnostics.example.com`. */
  readonly group: string;
  /** CamelCase, such as `PodDiagnoser`. */
  readonly kind: string;
  /** Lower case, as in URLs. */
  readonly plural: string;
  /** Default: the kind in lower case. */
  readonly singular?: string;
  /** Default: the kind followed by `List`. */
  readonly listKind?: string;
  /** Names to type, such as `pdiag`. Default: none. */
  readonly shortNames?: readonly string[];
  /** Groups of kinds that `kubectl get` knows, such as `all`. Default: none. */
  readonly categories?: readonly string[];
  /** Whether its objects live in a namespace or in the cluster as a whole. */
  readonly scope: 'Namespaced' | 'Cluster';
  /** Made by `defineVersion`; exactly one is the storage version. */
  readonly versions: Versions;
  /** How the server converts between versions. Default: none, which changes the apiVersion only. */
  readonly conversion?: CustomResourceConversion | ConversionByWebhook<Versions>;
  /** Labels of the manifest. Default: none. */
  readonly labels?: Readonly<Record<string, string>>;
  /** Annotations of the manifest. Default: none. */
  readonly annotations?: Readonly<Record<string, string>>;
}

/** The type of the objects of a version. */
export type ObjectOfVersion<V> =
  V extends CustomResourceVersion<string, boolean, infer Spec, infer Status>
    ? CustomObject<Spec, Status>
    : never;

/** The type of the spec of a version as a user writes it: what has a default may be left out. */
export type SpecInputOf<V> =
  V extends CustomResourceVersion<string, boolean, infer Spec> ? z.input<Spec> : never;

/** One version of a custom resource, ready for use. */
export interface VersionedResource<V extends CustomResourceVersion = CustomResourceVersion> {
  /** The token for client, cache and controllers. */
  readonly resource: Resource<ObjectOfVersion<V>>;
  /** The Zod schema of whole objects. */
  readonly schema: z.ZodType<ObjectOfVersion<V>>;
  /**
   * The object, checked against the schema and with defaults filled in; unknown members are dropped, as the server does.
   *
   * @throws CustomResourceError `INVALID_OBJECT` that lists every fault with its path.
   */
  parse(object: unknown): ObjectOfVersion<V>;
  /** A new object of this version, checked as by {@link parse}. */
  create(object: {
    readonly metadata: ObjectMeta;
    readonly spec: SpecInputOf<V>;
  }): ObjectOfVersion<V>;
}

/** A custom resource: types, validation and manifest from one definition. The members speak of the storage version. */
export interface CustomResource<
  Versions extends readonly CustomResourceVersion[] = readonly CustomResourceVersion[],
> extends VersionedResource<StorageVersion<Versions>> {
  /** Another version, by its name. */
  version<Name extends Versions[number]['name']>(
    name: Name,
  ): VersionedResource<Extract<Versions[number], { readonly name: Name }>>;
  /**
   * The object in another served or unserved version; see {@link ConversionByWebhook}. Without converters only the
   * `apiVersion` changes, as on a server without a webhook. The object given is not changed.
   *
   * @throws CustomResourceError `NOT_CONVERTIBLE` that names the object, and each fault with its path.
   * @throws whatever a converter throws, unchanged.
   */
  convert(object: KubernetesObject, apiVersion: string): KubernetesObject;
  /**
   * The CustomResourceDefinition that a server accepts as it is.
   *
   * @param options.conversionWebhook - Where the server reaches the converter, instead of what the definition says.
   * @throws CustomResourceError `NOT_EXPRESSIBLE` or `INVALID_DEFINITION`, with the path and the way out.
   */
  manifest(options?: {
    readonly conversionWebhook?: ApiextensionsV1WebhookClientConfig;
  }): CustomResourceDefinition;
}

/**
 * Defines a custom resource once: the types of its objects, their validation here and on the server, and its manifest.
 *
 * @throws CustomResourceError `INVALID_DEFINITION` when a name is not one that a server takes, or the storage version is not one.
 *
 * @example
 * ```ts
 * const Widget = defineCustomResource({
 *   group: 'example.com', kind: 'Widget', plural: 'widgets', scope: 'Namespaced',
 *   versions: [
 *     defineVersion({
 *       name: 'v1',
 *       storage: true,
 *       spec: z.object({ size: z.int32().min(1).describe('How many.') }),
 *       printerColumns: (column) => [column('Size', (o) => o.spec.size), column.age()],
 *     }),
 *   ],
 * });
 * ```
 */
export function defineCustomResource<const Versions extends readonly CustomResourceVersion[]>(
  options: CustomResourceOptions<Versions>,
): CustomResource<Versions> {
  const { group, kind, plural } = options;
  const singular = options.singular ?? kind.toLowerCase();
  const listKind = options.listKind ?? `${kind}List`;
  const shortNames = options.shortNames ?? [];
  checkNames({ group, kind, plural, singular, listKind, shortNames });
  checkVersions(options.versions);
  const versions = new Map(
    options.versions.map((version) => [version.name, versioned(options, listKind, version)]),
  );
  const storage = options.versions.find((version) => version.storage);
  const find = (name: string): VersionedResource => {
    const found = versions.get(name);
    if (found === undefined) {
      throw new CustomResourceError(
        'INVALID_DEFINITION',
        'versions',
        `${kind} has no version ${name}`,
      );
    }
    return found;
  };
  const conversion = defineConversion(
    { group, kind, versions: options.versions, schemaOf: (name) => find(name).schema },
    // Safe: each converter is given objects of the version it is named after, which is what its type says.
    options.conversion as AnyConversion | undefined,
  );
  const resource = {
    ...find(storage?.name ?? ''),
    version: find,
    convert: conversion.convert,
    manifest: ({ conversionWebhook }: Parameters<CustomResource['manifest']>[0] = {}) =>
      toManifest({
        group,
        kind,
        listKind,
        plural,
        singular,
        shortNames,
        categories: options.categories ?? [],
        scope: options.scope,
        versions: options.versions,
        conversion: conversion.toManifest(conversionWebhook),
        labels: options.labels,
        annotations: options.annotations,
      }),
  };
  // Safe: the map holds each version under its own name, which is what the type says by name.
  return Object.freeze(resource) as unknown as CustomResource<Versions>;
}

function versioned(
  options: CustomResourceOptions<readonly CustomResourceVersion[]>,
  listKind: string,
  version: CustomResourceVersion,
): VersionedResource {
  const { group, kind, plural, scope } = options;
  const resource: Resource<CustomObject<z.ZodType, z.ZodType>> = defineResource({
    group,
    version: version.name,
    kind,
    plural,
    scope,
    listKind,
  });
  const parts = z.object({
    apiVersion: z.literal(resource.apiVersion),
    kind: z.literal(kind),
    metadata: z.custom<ObjectMeta>(isJsonObject, 'metadata must be an object'),
    spec: version.spec,
    ...(version.status === undefined ? {} : { status: version.status.optional() }),
  });
  // Safe: a rule's check is of objects of its version, which the schema is put together for.
  const rules = version.rules as readonly CelRule<z.output<typeof parts>>[];
  const schema = rules.reduce<typeof parts>(withRule, parts);
  const parse = (object: unknown) => {
    const result = schema.safeParse(object);
    // Safe: the schema is put together from the parts of the type.
    if (result.success) return result.data as CustomObject<z.ZodType, z.ZodType>;
    throw new CustomResourceError(
      'INVALID_OBJECT',
      nameOf(kind, object),
      z.prettifyError(result.error),
      {
        cause: result.error,
      },
    );
  };
  return Object.freeze({
    resource,
    // Safe: as in parse.
    schema: schema,
    parse,
    create: (object: object) => parse({ apiVersion: resource.apiVersion, kind, ...object }),
  });
}

/** How a message names an object that may be anything. */
function nameOf(kind: string, object: unknown): string {
  const metadata = isJsonObject(object) ? object['metadata'] : undefined;
  const { namespace, name } = isJsonObject(metadata) ? metadata : {};
  const path = [namespace, name].filter((part) => typeof part === 'string').join('/');
  return path === '' ? kind : `${kind} ${path}`;
}

function checkNames(names: {
  readonly group: string;
  readonly kind: string;
  readonly plural: string;
  readonly singular: string;
  readonly listKind: string;
  readonly shortNames: readonly string[];
}): void {
  const { group, kind, plural, singular, listKind, shortNames } = names;
  for (const fault of validateDnsSubdomain(group)) throw invalid('group', fault);
  if (!group.includes('.')) throw invalid('group', 'should be a domain with at least one dot');
  if (/(^|\.)(k8s\.io|kubernetes\.io)$/.test(group)) {
    throw invalid(
      'group',
      'k8s.io and kubernetes.io belong to the Kubernetes project; use a domain of yours',
    );
  }
  if (!/^[A-Z][A-Za-z0-9]*$/.test(kind))
    throw invalid('kind', 'must be CamelCase, such as PodDiagnoser');
  if (!/^[A-Z][A-Za-z0-9]*$/.test(listKind)) throw invalid('listKind', 'must be CamelCase');
  if (listKind === kind) throw invalid('listKind', 'must differ from the kind');
  for (const fault of validateDns1035Label(plural)) throw invalid('plural', fault);
  for (const fault of validateDns1035Label(singular)) throw invalid('singular', fault);
  for (const shortName of shortNames) {
    for (const fault of validateDns1035Label(shortName)) throw invalid('shortNames', fault);
  }
}

function checkVersions(versions: readonly CustomResourceVersion[]): void {
  const names = versions.map(({ name }) => name);
  for (const name of names) {
    for (const fault of validateDnsLabel(name)) throw invalid('versions', `${name}: ${fault}`);
  }
  if (new Set(names).size !== names.length) {
    throw invalid('versions', `two versions have one name: ${names.join(', ')}`);
  }
  const stored = versions.filter(({ storage }) => storage);
  if (stored.length !== 1) {
    throw invalid('versions', `exactly one version must have storage: true, not ${stored.length}`);
  }
}

function invalid(path: string, message: string): CustomResourceError {
  return new CustomResourceError('INVALID_DEFINITION', path, message);
}
