/** Bytes that are no protobuf message of the kind they claim to be. */
export class WireError extends Error {
  override readonly name = 'WireError';
  readonly code = 'wire-format';
}
