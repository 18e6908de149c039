export * from './client.ts';
export { type RequestSample } from './caller.ts';
export { decoderFor, DecodeError, type Decoder, type DecoderOptions } from './decode/decoder.ts';
export { MalformedListError } from './decode/list-reader.ts';
export { OversizeError } from './decode/split-lines.ts';
export * from './options.ts';
export { type RetryOptions } from './retry.ts';
export { ConnectionError } from './transport-error.ts';
