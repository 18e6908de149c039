import type { DefinitionCondition } from './definition-conditions.ts';
import type { DefinitionNames, DefinitionView } from './definition-view.ts';

/** What became of the names that a definition asks for. */
export interface NameDecision {
  /** As `status.acceptedNames` stores them. */
  readonly acceptedNames: Readonly<Record<string, string | readonly string[]>>;
  readonly condition: DefinitionCondition;
}

/** Names that the other definitions of a group have taken. */
interface TakenNames {
  readonly resources: ReadonlySet<string>;
  readonly kinds: ReadonlySet<string>;
}

function takenBy(others: readonly DefinitionView[]): TakenNames {
  const accepted = others.map(({ acceptedNames }) => acceptedNames);
  return {
    resources: new Set(
      accepted
        .flatMap(({ plural, singular, shortNames }) => [plural, singular, ...shortNames])
        .filter((name) => name !== ''),
    ),
    kinds: new Set(
      accepted.flatMap(({ kind, listKind }) => [kind, listKind]).filter((name) => name !== ''),
    ),
  };
}

const REASONS = {
  plural: 'PluralConflict',
  singular: 'SingularConflict',
  shortNames: 'ShortNamesConflict',
  kind: 'KindConflict',
  listKind: 'ListKindConflict',
} as const;

function withoutEmpty(names: DefinitionNames): Record<string, string | readonly string[]> {
  const { plural, singular, shortNames, kind, listKind, categories } = names;
  return {
    plural,
    ...(singular === '' ? {} : { singular }),
    ...(shortNames.length === 0 ? {} : { shortNames }),
    kind,
    ...(listKind === '' ? {} : { listKind }),
    ...(categories.length === 0 ? {} : { categories }),
  };
}

/**
 * Decides which of a definition's names it gets: those that no other definition of its group has. A name refused leaves
 * the one accepted before in place.
 *
 * @param others the other definitions of the same group
 */
export function decideNames(view: DefinitionView, others: readonly DefinitionView[]): NameDecision {
  const taken = takenBy(others);
  const { names, acceptedNames } = view;
  let conflict: { readonly reason: string; readonly message: string } | undefined;
  const decide = (
    field: 'plural' | 'singular' | 'kind' | 'listKind',
    inUse: ReadonlySet<string>,
  ): string => {
    const name = names[field];
    if (name === acceptedNames[field] || !inUse.has(name)) return name;
    conflict = { reason: REASONS[field], message: `${JSON.stringify(name)} is already in use` };
    return acceptedNames[field];
  };
  const plural = decide('plural', taken.resources);
  const singular = decide('singular', taken.resources);
  const clashing = names.shortNames.filter(
    (name) => !acceptedNames.shortNames.includes(name) && taken.resources.has(name),
  );
  if (clashing.length > 0) {
    const texts = clashing.map((name) => `${JSON.stringify(name)} is already in use`);
    conflict = {
      reason: REASONS.shortNames,
      message: texts.length === 1 ? texts.join() : `[${texts.join(', ')}]`,
    };
  }
  const shortNames = clashing.length > 0 ? acceptedNames.shortNames : names.shortNames;
  const kind = decide('kind', taken.kinds);
  const listKind = decide('listKind', taken.kinds);
  return {
    acceptedNames: withoutEmpty({
      plural,
      singular,
      shortNames,
      kind,
      listKind,
      categories: names.categories,
    }),
    condition: {
      type: 'NamesAccepted',
      status: conflict === undefined ? 'True' : 'False',
      reason: conflict?.reason ?? 'NoConflicts',
      message: conflict?.message ?? 'no conflicts found',
    },
  };
}
