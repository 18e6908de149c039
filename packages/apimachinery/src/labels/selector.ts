import {
  formatRequirement,
  meetsRequirement,
  type Labels,
  type Requirement,
} from './requirement.ts';

/** Chooses objects by their labels. */
export interface Selector {
  /** All must hold; sorted by key. Empty: every object matches, unless {@link matchesNothing}. */
  readonly requirements: readonly Requirement[];
  /** No object matches, as for an absent `LabelSelector`. */
  readonly matchesNothing: boolean;
  /** Whether an object with these labels is chosen. */
  matches(labels: Labels): boolean;
  /** The selector in the grammar of `kubectl -l`, canonical: sorted by key, `=` for `==`. Empty for all and for none. */
  toString(): string;
}

/** A selector of the given requirements; without any it matches every object. */
export function createSelector(requirements: readonly Requirement[]): Selector {
  // Sorting is stable, so two requirements on one key keep the order in which they were given.
  const sorted = Object.freeze(
    [...requirements].sort((left, right) =>
      left.key < right.key ? -1 : left.key > right.key ? 1 : 0,
    ),
  );
  return Object.freeze({
    requirements: sorted,
    matchesNothing: false,
    matches: (labels: Labels) =>
      sorted.every((requirement) => meetsRequirement(requirement, labels)),
    toString: () => sorted.map(formatRequirement).join(','),
  });
}

/** Matches every object. */
export const everything: Selector = createSelector([]);

/** Matches no object. */
export const nothing: Selector = Object.freeze({
  requirements: Object.freeze([]),
  matchesNothing: true,
  matches: () => false,
  toString: () => '',
});
