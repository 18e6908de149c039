import { CacheError } from './cache-error.ts';

/** What tells informers of one resource apart. */
export interface Choosable {
  /** `[undefined]` for all namespaces. */
  readonly namespaces: readonly (string | undefined)[];
  /** Empty for every object. */
  readonly labelSelector: string;
  /** Empty for every object. */
  readonly fieldSelector: string;
  /** Undefined when objects are kept whole. */
  readonly transform: unknown;
}

/**
 * The informer that answers a read of a resource: the one that holds most. Without a choice, one with a selector will do;
 * an informer that holds all objects wins over one that holds some, and whole objects win over projected ones.
 *
 * @param namespace the namespace read; undefined for all that are cached
 * @throws CacheError `NOT_WATCHED` when none holds the namespace, `AMBIGUOUS` when none is better than another.
 */
export function chooseInformer<E extends Choosable>(
  resource: string,
  entries: readonly E[],
  namespace: string | undefined,
): E {
  if (entries.length === 0) {
    throw new CacheError(
      'NOT_WATCHED',
      `no informer holds ${resource}: name it in for, owns or watches, or call cache.informer() before reading`,
    );
  }
  const covering = entries.filter((entry) => covers(entry, namespace));
  if (covering.length === 0) {
    const known = [...new Set(entries.flatMap((entry) => entry.namespaces))].join(', ');
    throw new CacheError(
      'NOT_WATCHED',
      `no informer holds ${resource} in namespace "${namespace ?? ''}", only in: ${known}`,
    );
  }
  const ranked = covering
    .map((entry) => ({ entry, rank: rankOf(entry) }))
    .sort((a, b) => b.rank - a.rank);
  const [best, second] = ranked;
  if (best === undefined || best.rank === second?.rank) {
    throw new CacheError(
      'AMBIGUOUS',
      `${String(covering.length)} informers hold parts of ${resource}: read from the one returned by cache.informer()`,
    );
  }
  return best.entry;
}

function covers(entry: Choosable, namespace: string | undefined): boolean {
  return (
    namespace === undefined ||
    entry.namespaces.includes(undefined) ||
    entry.namespaces.includes(namespace)
  );
}

function rankOf(entry: Choosable): number {
  const isUnselected = entry.labelSelector === '' && entry.fieldSelector === '';
  const isEverywhere = entry.namespaces.includes(undefined);
  const isWhole = entry.transform === undefined;
  return (isUnselected ? 4 : 0) + (isEverywhere ? 2 : 0) + (isWhole ? 1 : 0);
}
