import { ONE } from '../resources/amounts.ts';
import { countName, type QuotaMeter } from './quota-meter.ts';

/** Kinds that are counted under their plural too, as before `count/` came. */
const PLAIN_NAMES: ReadonlySet<string> = new Set([
  'configmaps',
  'replicationcontrollers',
  'resourcequotas',
  'secrets',
]);

/** The meter of a kind of which a quota only counts how many there are. */
export function objectCountMeter(groupResource: string): QuotaMeter {
  const names = [
    countName(groupResource),
    ...(PLAIN_NAMES.has(groupResource) ? [groupResource] : []),
  ];
  const usage = new Map(names.map((name) => [name, ONE]));
  return {
    covers: (name) => names.includes(name),
    isCharged: ({ operation, subresource }) => operation === 'CREATE' && subresource === '',
    isInScope: () => false,
    missing: () => undefined,
    usage: () => usage,
    mayRelease: () => false,
  };
}
