import { parseQuantity } from '@kubewright/apimachinery';
import { celFunc, celMethod, CelScalar, type CelFunc, type CelValue } from '@bufbuild/cel';
import { opaqueText, opaqueValue } from './opaque-value.ts';

const { BOOL, DOUBLE, DYN, INT, STRING } = CelScalar;

type Quantity = ReturnType<typeof parseQuantity>;

const PATTERN_TEXT =
  "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";

function read(text: string): Quantity {
  try {
    return parseQuantity(text);
  } catch {
    throw new Error(PATTERN_TEXT);
  }
}

function quantityOf(value: CelValue): Quantity {
  return parseQuantity(opaqueText('quantity', value));
}

function wrap(quantity: Quantity): CelValue {
  return opaqueValue('quantity', quantity.toString());
}

/** An operand of `add` and `sub`: a quantity or an integer. */
function operandOf(value: CelValue): Quantity {
  return typeof value === 'bigint' ? parseQuantity(String(value)) : quantityOf(value);
}

function negated(quantity: Quantity): Quantity {
  const text = quantity.toString();
  return parseQuantity(text.startsWith('-') ? text.slice(1) : `-${text}`);
}

function isWhole(quantity: Quantity): boolean {
  return Number.isInteger(quantity.toNumber());
}

/** `quantity()` and what can be done with one. */
export function quantityFunctions(): CelFunc[] {
  return [
    celFunc('quantity', [STRING], DYN, (text) => wrap(read(text))),
    celFunc('isQuantity', [STRING], BOOL, (text) => {
      try {
        read(text);
        return true;
      } catch {
        return false;
      }
    }),
    celMethod('sign', DYN, [], INT, function () {
      return BigInt(Math.sign(quantityOf(this).toNumber()));
    }),
    celMethod('isInteger', DYN, [], BOOL, function () {
      return isWhole(quantityOf(this));
    }),
    celMethod('asInteger', DYN, [], INT, function () {
      const quantity = quantityOf(this);
      if (!isWhole(quantity)) throw new Error('cannot convert value to integer');
      return quantity.toBigInt();
    }),
    celMethod('asApproximateFloat', DYN, [], DOUBLE, function () {
      return quantityOf(this).toNumber();
    }),
    celMethod('add', DYN, [DYN], DYN, function (other) {
      return wrap(quantityOf(this).add(operandOf(other)));
    }),
    celMethod('sub', DYN, [DYN], DYN, function (other) {
      return wrap(quantityOf(this).add(negated(operandOf(other))));
    }),
  ];
}

/** Compares two quantities: negative, zero or positive. */
export function compareQuantities(left: CelValue, right: CelValue): number {
  return quantityOf(left).compare(quantityOf(right));
}
