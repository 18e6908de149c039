import type { KubernetesObject, ListMeta, Stored } from '@kubewright/apimachinery';
import type { WatchEvent } from './watch-event.ts';

/** A list that is read while it arrives. Its `items` must be read, or left early: until then its connection stays taken. */
export interface ListStream<T extends KubernetesObject> {
  /** Metadata of the list. Complete once `items` has ended: its `resourceVersion` may arrive after the items. */
  readonly metadata: ListMeta;
  /** The items, once, each decoded when its last byte is there. Leaving the loop early ends the request. */
  readonly items: AsyncIterable<Stored<T>>;
}

/** Reads the objects of one resource out of bytes. */
export interface Decoder<T extends KubernetesObject> {
  /**
   * One object.
   *
   * @throws DecodeError
   */
  object(bytes: Uint8Array): Stored<T>;
  /**
   * The body of a list.
   *
   * @throws DecodeError from the iteration.
   */
  list(body: AsyncIterable<Uint8Array>): ListStream<T>;
  /**
   * The body of a watch.
   *
   * @throws DecodeError, or StatusError for an `ERROR` event, from the iteration.
   */
  events(body: AsyncIterable<Uint8Array>): AsyncIterable<WatchEvent<T>>;
}

/** What a decoder does besides reading. */
export interface DecoderOptions {
  /**
   * `drop` cuts `metadata.managedFields` out of the bytes before they are parsed: a third of the time and of the
   * memory. Default `keep`.
   */
  readonly managedFields?: 'keep' | 'drop' | undefined;
  /** Bound of one object, in bytes. Default 64 MiB; etcd stores 1.5 MiB at most by default. */
  readonly maxObjectBytes?: number | undefined;
  /** What is tried, for messages: `watch pods`. */
  readonly attempt?: string | undefined;
}

/** Bound of one object where the caller gives none, in bytes. */
export const defaultMaxObjectBytes: number = 64 * 1024 * 1024;
