import {
  StatusError,
  type KubernetesObject,
  type Resource,
  type Status,
  type Stored,
} from '@kubewright/apimachinery';
import type { WatchEvent } from '../options.ts';
import { textWithoutManagedFields } from './cut-managed-fields.ts';

/** A line of a watch, or an item of a list, is not what it must be. */
export class DecodeError extends Error {
  override readonly name = 'DecodeError';
  readonly code = 'DECODE';
}

/** Turns bytes of an answer into objects. One per kind, media type and wanted fields. */
export interface Decoder<T extends KubernetesObject> {
  /** One item of a list; a list leaves out `apiVersion` and `kind`, the decoder adds them. */
  item(bytes: Buffer): Stored<T>;
  /**
   * One event of a watch.
   * @throws StatusError for an event of type ERROR.
   */
  event(bytes: Buffer): WatchEvent<Stored<T>>;
}

/** What a decoder keeps. */
export interface DecoderOptions {
  /** Keep `metadata.managedFields`, a third of the bytes of most objects. Default false. */
  readonly keepManagedFields?: boolean | undefined;
}

/** The decoder for a resource in JSON, the one media type so far. */
export function decoderFor<T extends KubernetesObject>(
  resource: Resource<T>,
  options: DecoderOptions = {},
): Decoder<T> {
  const textOf = (bytes: Buffer, path: readonly string[]): string =>
    options.keepManagedFields === true
      ? bytes.toString('utf8')
      : textWithoutManagedFields(bytes, path);
  return {
    item(bytes) {
      const object = parse(textOf(bytes, []));
      object['apiVersion'] ??= resource.apiVersion;
      object['kind'] ??= resource.kind;
      // The server's schema is the type of its objects.
      return object as unknown as Stored<T>;
    },
    event(bytes) {
      const { type, object } = parse(textOf(bytes, ['object']));
      if (typeof object !== 'object' || object === null)
        throw new DecodeError(`a watch event without an object`);
      switch (type) {
        case 'ADDED':
        case 'MODIFIED':
        case 'DELETED':
          return { type, object: object as Stored<T> }; // as above
        case 'BOOKMARK':
          return { type, object: object as Extract<WatchEvent<T>, { type: 'BOOKMARK' }>['object'] };
        case 'ERROR':
          throw new StatusError(object); // the API's documented shape of this event
        default:
          throw new DecodeError(`a watch event of the unknown type ${JSON.stringify(type)}`);
      }
    },
  };
}

function parse(text: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new DecodeError('the server sent something that is not JSON', { cause: error });
  }
  if (typeof value !== 'object' || value === null)
    throw new DecodeError('the server sent JSON that is no object');
  return value as Record<string, unknown>; // an object, as was just checked
}
