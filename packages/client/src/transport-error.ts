/** The request got no answer: refused, reset, timed out, or the peer's certificate was not accepted. */
export class ConnectionError extends Error {
  override readonly name = 'ConnectionError';
  readonly code = 'CONNECTION';
  /** False when the server may have received and carried out the request. */
  readonly isSurelyNotSent: boolean;

  constructor(message: string, options: ErrorOptions & { readonly isSurelyNotSent: boolean }) {
    super(message, options);
    this.isSurelyNotSent = options.isSurelyNotSent;
  }
}
