/** Which kind of selector could not be read. */
export type SelectorErrorCode = 'INVALID_LABEL_SELECTOR' | 'INVALID_FIELD_SELECTOR';

/** A selector that cannot be read. The message is worded as the API server words it in its 400 answer. */
export class SelectorError extends Error {
  override readonly name = 'SelectorError';
  readonly code: SelectorErrorCode;

  constructor(code: SelectorErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
