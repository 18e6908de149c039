import {
  parseFieldSelector,
  parseLabelSelector,
  type KubernetesObject,
  type Stored,
} from '@kubewright/apimachinery';
import type { InformerOptions } from './informer-options.ts';

/**
 * Whether an informer selects an object, decided here as the server decides it: needed for answers to writes, which no watch has filtered.
 *
 * Caveats: a field is read along its path in the object, which holds for the selectable fields of the built-in kinds that are
 * plain paths, and for the selectable fields of custom resources.
 *
 * @throws SelectorError when a selector cannot be read.
 */
export function selectionTest<T extends KubernetesObject>(
  namespaces: readonly (string | undefined)[],
  options: Pick<InformerOptions<T>, 'labelSelector' | 'fieldSelector'>,
): (object: Stored<T>) => boolean {
  const labels = parseLabelSelector(options.labelSelector ?? '');
  const fields = parseFieldSelector(options.fieldSelector ?? '');
  return (object) =>
    (namespaces.includes(undefined) || namespaces.includes(object.metadata.namespace)) &&
    labels.matches(object.metadata.labels ?? {}) &&
    fields.matches((path) => fieldAt(object, path));
}

function fieldAt(object: object, path: string): string | undefined {
  let value: unknown = object;
  for (const name of path.split('.')) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = (value as Readonly<Record<string, unknown>>)[name]; // any object can be read by name
  }
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
    ? String(value)
    : undefined;
}
