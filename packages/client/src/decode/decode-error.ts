/** Why bytes could not be read as objects. */
export type DecodeErrorCode =
  /** Not JSON, or not of the expected form. */
  | 'MALFORMED'
  /** The body ended in the middle of an object or list. */
  | 'TRUNCATED'
  /** One object is longer than the bound. */
  | 'TOO_LONG'
  /** The answer is of a media type nobody asked for, such as a proxy's HTML page. */
  | 'UNSUPPORTED_MEDIA_TYPE';

/** An answer that cannot be read. Nothing of it is dropped in silence. */
export class DecodeError extends Error {
  override readonly name = 'DecodeError';
  readonly code: DecodeErrorCode;

  constructor(code: DecodeErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }

  /** The same error with the attempt in front of its message. */
  during(attempt: string): DecodeError {
    return new DecodeError(this.code, `${attempt}: ${this.message}`, { cause: this });
  }
}
