import type { JsonObject, StoreReader } from '../contracts.ts';
import { objectAt, textAt } from '../registry/json-read.ts';

/** Newest first, then by name. */
function byAge(left: JsonObject, right: JsonObject): number {
  const [a, b] = [objectAt(left, 'metadata'), objectAt(right, 'metadata')];
  const age = (of: JsonObject): number => Date.parse(textAt(of, 'creationTimestamp'));
  return age(b) - age(a) || (textAt(a, 'name') < textAt(b, 'name') ? -1 : 1);
}

/** Name of the class that objects without one get: the newest that one of the annotations marks. */
export function defaultClass(
  store: StoreReader,
  classes: string,
  annotations: readonly string[],
): string | undefined {
  const isDefault = (candidate: JsonObject): boolean => {
    const own = objectAt(objectAt(candidate, 'metadata'), 'annotations');
    return annotations.some((name) => own[name] === 'true');
  };
  const [chosen] = store.list(classes).filter(isDefault).sort(byAge);
  return chosen === undefined ? undefined : textAt(objectAt(chosen, 'metadata'), 'name');
}
