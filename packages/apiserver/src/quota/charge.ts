import type { JsonObject } from '../contracts.ts';
import { objectAt, textAt } from '../registry/json-read.ts';
import {
  amountsAt,
  amountsText,
  increaseOf,
  only,
  sumOf,
  withoutZeros,
  ZERO,
  type Amounts,
} from '../resources/amounts.ts';
import type { MeteredWrite, QuotaMeter } from './quota-meter.ts';
import { scopesOf } from './scope-selector.ts';

/** What a write does to the quotas of its namespace. */
export type ChargeOutcome =
  | { readonly type: 'refused'; readonly detail: string }
  /** What is used then, by the name of the quota; those that stay as they are are left out. */
  | { readonly type: 'charged'; readonly used: ReadonlyMap<string, Amounts> };

function isCounted(quota: JsonObject, meter: QuotaMeter, object: JsonObject): boolean {
  return scopesOf(quota).every((scope) => meter.isInScope(scope, object));
}

/** A quota with what it limits of the kind that is written. */
interface Concerned {
  readonly quota: JsonObject;
  readonly name: string;
  readonly hard: Amounts;
  readonly used: Amounts;
}

function concernedBy(
  quota: JsonObject,
  meter: QuotaMeter,
  object: JsonObject,
): Concerned | undefined {
  const status = objectAt(quota, 'status');
  const hard = amountsAt(status, 'hard');
  if (![...hard.keys()].some((name) => meter.covers(name))) return undefined;
  if (!isCounted(quota, meter, object)) return undefined;
  const name = textAt(objectAt(quota, 'metadata'), 'name');
  return { quota, name, hard, used: amountsAt(status, 'used') };
}

/** What stands against counting an object at all. */
function obstacle(
  { name, hard, used }: Concerned,
  meter: QuotaMeter,
  object: JsonObject,
): string | undefined {
  const covered = [...hard.keys()].filter((each) => meter.covers(each)).sort();
  const complaint = meter.missing(covered, object);
  if (complaint !== undefined) return `failed quota: ${name}: ${complaint}`;
  if (covered.some((each) => !used.has(each))) {
    return `status unknown for quota: ${name}, resources: ${covered.join(',')}`;
  }
  return undefined;
}

function excess({ name, hard, used }: Concerned, requested: Amounts): string | undefined {
  const after = sumOf(used, requested);
  const exceeded = [...requested.keys()].filter(
    (each) => (after.get(each) ?? ZERO).compare(hard.get(each) ?? ZERO) > 0,
  );
  if (exceeded.length === 0) return undefined;
  const texts = [requested, used, hard].map((amounts) => amountsText(only(amounts, exceeded)));
  const [asked = '', taken = '', limit = ''] = texts;
  return `exceeded quota: ${name}, requested: ${asked}, used: ${taken}, limited: ${limit}`;
}

/**
 * Charges a write to the quotas of its namespace: to all of them, or to none when one has not enough left.
 *
 * What holds is `status`, not `spec`: a limit is in force once somebody has told what is used already.
 */
export function charge(
  quotas: readonly JsonObject[],
  meter: QuotaMeter,
  write: MeteredWrite,
  nowMs: number,
): ChargeOutcome {
  const { object, old, subresource } = write;
  const concerned = quotas
    .map((quota) => concernedBy(quota, meter, object))
    .filter((each) => each !== undefined);
  for (const each of concerned) {
    const detail = obstacle(each, meter, object);
    if (detail !== undefined) return { type: 'refused', detail };
  }
  const usage = meter.usage(object, nowMs);
  const negative = [...usage].filter(([, amount]) => amount.compare(ZERO) < 0);
  if (negative.length > 0) {
    const names = negative.map(([name]) => name).sort();
    return {
      type: 'refused',
      detail: `quota usage is negative for resource(s): ${names.join(',')}`,
    };
  }
  const charges = new Map<string, Amounts>();
  for (const each of concerned) {
    // What it took before was charged to those quotas that counted it then.
    const before =
      old === undefined || !isCounted(each.quota, meter, old) ? undefined : meter.usage(old, nowMs);
    const delta = before === undefined ? withoutZeros(usage) : increaseOf(before, usage);
    const requested = only(delta, each.hard.keys());
    if (requested.size === 0) continue;
    // A status tells what is so already: it is counted, not refused.
    const detail = subresource === 'status' ? undefined : excess(each, requested);
    if (detail !== undefined) return { type: 'refused', detail };
    charges.set(each.name, sumOf(each.used, requested));
  }
  return { type: 'charged', used: charges };
}
