/** No kind of the server answers to a name. */
export class DiscoveryError extends Error {
  override readonly name = 'DiscoveryError';
  readonly code = 'NO_MATCH';
}
