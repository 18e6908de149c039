/** Why a text is no quantity, or none that can be kept. */
export type QuantityErrorCode = 'INVALID_QUANTITY' | 'QUANTITY_OUT_OF_RANGE';

/** A quantity that cannot be read. */
export class QuantityError extends Error {
  override readonly name = 'QuantityError';
  readonly code: QuantityErrorCode;

  constructor(code: QuantityErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
