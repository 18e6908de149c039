import type { KubernetesObject, Resource, TransportResponse } from '@kubewright/apimachinery';
import type { Decoder, DecoderOptions } from '../decode/decoder.ts';
import { decoderFor } from '../decode/decoder-for.ts';

/**
 * The decoder for an answer. An answer that none can read is ended: it may be of any length.
 *
 * @throws DecodeError `UNSUPPORTED_MEDIA_TYPE`.
 */
export async function decoderOf<T extends KubernetesObject>(
  resource: Resource<T>,
  { headers, body }: TransportResponse,
  options: DecoderOptions,
): Promise<Decoder<T>> {
  try {
    return decoderFor(resource, headers['content-type'] ?? '', options);
  } catch (error) {
    await body[Symbol.asyncIterator]().return?.();
    throw error;
  }
}
