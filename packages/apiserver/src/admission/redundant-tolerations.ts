import { deepEqual } from '@kubewright/apimachinery';
import type { JsonObject } from '../contracts.ts';
import { numberAt, textAt } from '../registry/json-read.ts';

/** The tolerations without those that another one covers; of equal ones the first stays. */
export function withoutRedundant(tolerations: readonly JsonObject[]): JsonObject[] {
  return tolerations.filter(
    (toleration, index) =>
      !tolerations.some((other, place) => {
        if (place === index || !covers(other, toleration)) return false;
        // Two that cover each other: the first stays.
        return place < index || !covers(toleration, other);
      }),
  );
}

/** Whether whatever one toleration lets pass, another one does too. */
function covers(wide: JsonObject, narrow: JsonObject): boolean {
  if (deepEqual(wide, narrow)) return true;
  const [key, effect, operator] = ['key', 'effect', 'operator'].map((name) => textAt(wide, name));
  const isOfAllKeys = key === '' && operator === 'Exists';
  if (key !== textAt(narrow, 'key') && !isOfAllKeys) return false;
  if (effect !== '' && effect !== textAt(narrow, 'effect')) return false;
  const seconds = numberAt(wide, 'tolerationSeconds');
  if (effect === 'NoExecute' && seconds !== undefined) {
    if ((numberAt(narrow, 'tolerationSeconds') ?? Infinity) > seconds) return false;
  }
  if (operator === 'Exists') return true;
  const isOfOneValue = operator === '' || operator === 'Equal';
  return (
    isOfOneValue &&
    textAt(narrow, 'operator') === 'Equal' &&
    textAt(wide, 'value') === textAt(narrow, 'value')
  );
}
