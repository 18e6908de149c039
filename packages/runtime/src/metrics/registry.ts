import { Registry } from 'prom-client';

/** What the metrics of one manager are collected in; never the global registry, so that managers do not see each other's. */
export type MetricsRegistry = Registry;

/** A registry without any metric. */
export function createRegistry(): MetricsRegistry {
  return new Registry();
}
