import { claimMeter } from './claim-meter.ts';
import { objectCountMeter } from './object-count-meter.ts';
import { podMeter } from './pod-meter.ts';
import type { QuotaMeter } from './quota-meter.ts';
import { serviceMeter } from './service-meter.ts';

const SPECIAL: ReadonlyMap<string, QuotaMeter> = new Map([
  ['pods', podMeter],
  ['services', serviceMeter],
  ['persistentvolumeclaims', claimMeter],
]);

/** Kinds that no quota counts: Events, of which nobody is the owner. */
const UNCOUNTED: ReadonlySet<string> = new Set(['events', 'events.events.k8s.io']);

/** The meter of a kind by `plural.group`; undefined for a kind that no quota counts. */
export function meterOf(groupResource: string): QuotaMeter | undefined {
  if (UNCOUNTED.has(groupResource)) return undefined;
  return SPECIAL.get(groupResource) ?? objectCountMeter(groupResource);
}
