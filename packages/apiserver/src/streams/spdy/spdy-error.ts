/** The peer broke the protocol; the connection cannot go on. */
export class SpdyProtocolError extends Error {
  override readonly name = 'SpdyProtocolError';
  readonly code = 'spdy-protocol';
}
