export { ExactQuantity, type QuantityFormat } from './exact-quantity.ts';
export { parseQuantity } from './parse-quantity.ts';
export { QuantityError, type QuantityErrorCode } from './quantity-error.ts';
