/**
 * Why a cache cannot answer:
 * - `NOT_WATCHED`: no informer holds what was asked for
 * - `NOT_SYNCED`: the informer has not read its first complete picture, so "not there" would be a guess
 * - `AMBIGUOUS`: several informers hold parts of it, and none holds all
 * - `UNKNOWN_INDEX`: the informer has no index of that name
 * - `INDEX_TAKEN`: another function has the name of the index
 */
export type CacheErrorCode =
  'NOT_WATCHED' | 'NOT_SYNCED' | 'AMBIGUOUS' | 'UNKNOWN_INDEX' | 'INDEX_TAKEN';

/** A read of the cache that has no right answer. */
export class CacheError extends Error {
  override readonly name = 'CacheError';
  readonly code: CacheErrorCode;

  constructor(code: CacheErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
