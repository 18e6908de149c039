import type { StoreReader, Strategy } from '../contracts.ts';

/** What strategies need of the server. */
export interface StrategyOptions {
  readonly store: StoreReader;
  /** Addresses of Services, as a CIDR. */
  readonly serviceRange: string;
}

/** The kinds with behaviour of their own, by `plural.group`. */
export function createStrategies(_options: StrategyOptions): ReadonlyMap<string, Strategy> {
  return new Map();
}
