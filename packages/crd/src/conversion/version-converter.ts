import type { ApiextensionsV1WebhookClientConfig } from '@kubewright/apimachinery';
import type * as z from 'zod';
import type { ObjectOfVersion } from '../definition/custom-resource.ts';
import type { CustomResourceVersion } from '../definition/version.ts';

/** What a converter answers: spec and status in this version; what has a default may be left out. */
export type ConversionOutput<V> =
  V extends CustomResourceVersion<string, boolean, infer Spec, infer Status>
    ? { readonly spec: z.input<Spec>; readonly status?: z.input<Status> | undefined }
    : never;

/**
 * How the objects of one version become those of the storage version, and back.
 *
 * Assumptions: both are pure; converting there and back gives what `fromStorage` had given. Metadata stays as it is.
 */
export interface VersionConverter<Stored, Version> {
  /** The object is of this version, checked, with defaults filled in; not to be changed. */
  readonly toStorage: (object: ObjectOfVersion<Version>) => ConversionOutput<Stored>;
  /** Leaves out what this version has no member for: it is kept (see {@link ConversionByWebhook}). */
  readonly fromStorage: (object: ObjectOfVersion<Stored>) => ConversionOutput<Version>;
}

/** The version of a list that objects are stored in. */
export type StorageVersion<Versions extends readonly CustomResourceVersion[]> = Extract<
  Versions[number],
  { readonly storage: true }
>;

/** A converter for every version but the storage version, by its name. */
export type VersionConverters<Versions extends readonly CustomResourceVersion[]> = {
  // Not with `as`: TypeScript would give the functions in such a type no types for their parameters.
  readonly [Name in Exclude<Versions[number], StorageVersion<Versions>>['name']]: VersionConverter<
    StorageVersion<Versions>,
    Extract<Versions[number], { readonly name: Name }>
  >;
};

/**
 * Versions that differ in more than their name, converted by a webhook that the operator serves.
 *
 * Guarantees: no member is lost on the way through another version. When converting an object of the storage version
 * there and back does not give the same spec and status, the converted object carries these in the annotation
 * `<group>/stored-as`; on the way back what changed since is carried over to them. A write that drops the annotation
 * (a PUT of a file, say) drops what it held.
 *
 * Members must have the types that their version declares; an object that breaks them is refused. A value that is only
 * out of bounds (a pattern, a minimum, a rule) passes as it is, since a list would otherwise fail whole over one object:
 * the server refuses it when it is next written in the version that forbids it. Where versions allow different values,
 * declare a text with a pattern rather than an enum.
 *
 * @example
 * ```ts
 * const Store = defineCustomResource({
 *   group: 'example.com', kind: 'Store', plural: 'stores', scope: 'Namespaced',
 *   versions: [
 *     defineVersion({ name: 'v1', storage: true, spec: z.object({ size: z.string() }) }),
 *     defineVersion({ name: 'v1beta1', storage: false, spec: z.object({ gigabytes: z.int32() }) }),
 *   ],
 *   conversion: {
 *     webhook: { service: { namespace: 'stores', name: 'store-operator' } },
 *     converters: {
 *       v1beta1: {
 *         toStorage: ({ spec }) => ({ spec: { size: `${spec.gigabytes}Gi` } }),
 *         fromStorage: ({ spec }) => ({ spec: { gigabytes: parseInt(spec.size, 10) } }),
 *       },
 *     },
 *   },
 * });
 * ```
 */
export interface ConversionByWebhook<Versions extends readonly CustomResourceVersion[]> {
  /**
   * Where the server reaches the operator; stands in the manifest. The path of a Service is `/convert` unless given.
   * The certificate authority is injected when the operator runs, or by cert-manager.
   */
  readonly webhook: ApiextensionsV1WebhookClientConfig;
  readonly converters: VersionConverters<Versions>;
}
