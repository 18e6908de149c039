import type { LabelSelector } from '../kinds/meta-v1.ts';
import type { DeepReadonly } from '../object.ts';
import { createRequirement, type RequirementOperator } from './requirement.ts';
import { SelectorError } from './selector-error.ts';
import { createSelector, nothing, type Selector } from './selector.ts';

const operators: ReadonlyMap<string, RequirementOperator> = new Map([
  ['In', 'In'],
  ['NotIn', 'NotIn'],
  ['Exists', 'Exists'],
  ['DoesNotExist', 'DoesNotExist'],
]);

/**
 * The selector of a `LabelSelector` object, as in `spec.selector`. An empty one matches every object, an absent one none
 * (API conventions, "Label selectors").
 *
 * @throws SelectorError (`INVALID_LABEL_SELECTOR`) for an unknown operator or values that are no label values.
 */
export function fromLabelSelector(
  labelSelector: DeepReadonly<LabelSelector> | null | undefined,
): Selector {
  if (labelSelector === undefined || labelSelector === null) return nothing;
  const equalities = Object.entries(labelSelector.matchLabels ?? {}).map(([key, value]) =>
    createRequirement(key, 'Equals', [value]),
  );
  const expressions = (labelSelector.matchExpressions ?? []).map(({ key, operator, values }) => {
    const known = operators.get(operator);
    if (known === undefined) {
      throw new SelectorError(
        'INVALID_LABEL_SELECTOR',
        `${JSON.stringify(operator)} is not a valid label selector operator`,
      );
    }
    return createRequirement(key, known, values ?? []);
  });
  return createSelector([...equalities, ...expressions]);
}

/** The selector that wants exactly these labels and values; without any it matches every object. */
export function fromLabels(labels: Readonly<Record<string, string>>): Selector {
  return fromLabelSelector({ matchLabels: labels });
}
