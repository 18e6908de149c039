import type {
  ApiextensionsV1WebhookClientConfig,
  CustomResourceConversion,
  KubernetesObject,
} from '@kubewright/apimachinery';
import { CustomResourceError } from '../custom-resource-error.ts';
import type { CustomResourceVersion } from '../definition/version.ts';
import { convertSchema } from '../schema/convert-schema.ts';
import {
  ObjectConversion,
  type ConvertibleVersion,
  type VersionConversion,
} from './object-conversion.ts';

/** A conversion of versions whose types do not matter any more: `defineCustomResource` has held them together. */
export type AnyConversion =
  | CustomResourceConversion
  | {
      readonly webhook: ApiextensionsV1WebhookClientConfig;
      readonly converters: Readonly<Record<string, VersionConversion>>;
    };

/** How the objects of a resource are converted, here and by a server. */
export interface DefinedConversion {
  /** @throws CustomResourceError `NOT_CONVERTIBLE`. */
  readonly convert: (object: KubernetesObject, apiVersion: string) => KubernetesObject;
  /** `spec.conversion` of the manifest; undefined leaves it to the server. */
  readonly toManifest: (
    webhook: ApiextensionsV1WebhookClientConfig | undefined,
  ) => CustomResourceConversion | undefined;
}

/**
 * Reads the conversion of a resource whose versions have been checked.
 *
 * @throws CustomResourceError `INVALID_DEFINITION` when a version has no converter, or a converter no version.
 */
export function defineConversion(
  resource: {
    readonly group: string;
    readonly kind: string;
    readonly versions: readonly CustomResourceVersion[];
    readonly schemaOf: (version: string) => ConvertibleVersion['schema'];
  },
  conversion: AnyConversion | undefined,
): DefinedConversion {
  const { group, kind, versions, schemaOf } = resource;
  if (conversion === undefined || !('converters' in conversion)) {
    const known = versions.map(({ name }) => `${group}/${name}`);
    return {
      convert: (object, apiVersion) => renamed(object, apiVersion, kind, known),
      toManifest: () => conversion,
    };
  }
  const { converters, webhook } = conversion;
  checkConverters(versions, converters);
  const convertible = versions.map(({ name, storage }) => ({
    apiVersion: `${group}/${name}`,
    schema: schemaOf(name),
    converter: storage ? undefined : converters[name],
  }));
  const stored = versions.find(({ storage }) => storage);
  const whole = new ObjectConversion({
    group,
    kind,
    versions: convertible,
    storageSchema: () => ({
      type: 'object',
      properties: {
        ...(stored === undefined ? {} : { spec: convertSchema(stored.spec, 'spec') }),
        ...(stored?.status === undefined ? {} : { status: convertSchema(stored.status, 'status') }),
      },
    }),
  });
  return {
    convert: (object, apiVersion) => whole.convert(object, apiVersion),
    toManifest: (target = webhook) => ({
      strategy: 'Webhook',
      webhook: {
        conversionReviewVersions: ['v1'],
        clientConfig: {
          ...target,
          ...(target.service === undefined
            ? {}
            : { service: { path: '/convert', ...target.service } }),
        },
      },
    }),
  };
}

function checkConverters(
  versions: readonly CustomResourceVersion[],
  converters: Readonly<Record<string, unknown>>,
): void {
  const wanted = versions.filter(({ storage }) => !storage).map(({ name }) => name);
  for (const name of wanted) {
    if (!Object.hasOwn(converters, name)) throw invalid(name, 'this version has no converter');
  }
  for (const name of Object.keys(converters)) {
    if (!wanted.includes(name))
      throw invalid(name, 'no version but the storage version has this name');
  }
}

function renamed(
  object: KubernetesObject,
  apiVersion: string,
  kind: string,
  known: readonly string[],
): KubernetesObject {
  if (known.includes(apiVersion)) return { ...object, apiVersion };
  throw new CustomResourceError(
    'NOT_CONVERTIBLE',
    apiVersion,
    `${kind} has no such version, only ${known.join(', ')}`,
  );
}

function invalid(name: string, message: string): CustomResourceError {
  return new CustomResourceError('INVALID_DEFINITION', `conversion.converters.${name}`, message);
}
