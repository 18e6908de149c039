import type { KubernetesObject, Resource } from '@kubewright/apimachinery';
import { DecodeError } from './decode-error.ts';
import type { Decoder, DecoderOptions } from './decoder.ts';
import { JsonDecoder } from './json-decoder.ts';

/**
 * The decoder for the objects of a resource in a media type: the one place where another encoding is added.
 *
 * @param mediaType - The `content-type` of the answer.
 * @throws DecodeError `UNSUPPORTED_MEDIA_TYPE`.
 */
export function decoderFor<T extends KubernetesObject>(
  resource: Resource<T>,
  mediaType: string,
  options: DecoderOptions = {},
): Decoder<T> {
  const essence = mediaType.split(';', 1)[0]?.trim().toLowerCase();
  if (essence === 'application/json') return new JsonDecoder(resource, options);
  const error = new DecodeError(
    'UNSUPPORTED_MEDIA_TYPE',
    `the answer is of type "${mediaType}" instead of application/json: does something between here and the API server answer in its place?`,
  );
  throw options.attempt === undefined ? error : error.during(options.attempt);
}
