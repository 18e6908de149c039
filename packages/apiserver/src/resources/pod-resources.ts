import type { JsonObject } from '../contracts.ts';
import { listAt, objectAt } from '../registry/json-read.ts';
import { COMPUTE, isHugePages } from '../registry/validation/resource-names.ts';
import { amountsAt, largerOf, sumOf, ZERO, type Amounts } from './amounts.ts';

const NOTHING: Amounts = new Map();

/** What a pod may ask for as a whole, beside what its containers ask for. */
function isPodLevel(name: string): boolean {
  return COMPUTE.includes(name) || isHugePages(name);
}

/** Whether the pod itself says what it needs, so that its containers need not. */
export function hasPodLevelResources(spec: JsonObject): boolean {
  const resources = objectAt(spec, 'resources');
  return ['requests', 'limits'].some((list) =>
    Object.keys(objectAt(resources, list)).some(isPodLevel),
  );
}

/**
 * The containers and sidecars together, or the largest of the init containers beside the sidecars that were started
 * before it, whichever is more. Source: the API's documentation of init containers, and KEP-753.
 */
function containersNeed(spec: JsonObject, list: 'requests' | 'limits'): Amounts {
  const of = (container: JsonObject): Amounts => amountsAt(objectAt(container, 'resources'), list);
  let running = NOTHING;
  let starting = NOTHING;
  for (const container of listAt(spec, 'initContainers')) {
    if (container['restartPolicy'] === 'Always') {
      running = sumOf(running, of(container));
      starting = largerOf(starting, running);
    } else {
      starting = largerOf(starting, sumOf(running, of(container)));
    }
  }
  for (const container of listAt(spec, 'containers')) running = sumOf(running, of(container));
  return largerOf(running, starting);
}

function podLevel(spec: JsonObject, list: 'requests' | 'limits'): Amounts {
  const amounts = amountsAt(objectAt(spec, 'resources'), list);
  return new Map([...amounts].filter(([name]) => isPodLevel(name)));
}

/** What a pod asks for or is limited to, without its overhead: what it says itself goes before what its containers say. */
export function podResources(spec: JsonObject, list: 'requests' | 'limits'): Amounts {
  return new Map([...containersNeed(spec, list), ...podLevel(spec, list)]);
}

/** What a pod asks of its node, with its overhead. */
export function podRequests(spec: JsonObject): Amounts {
  return sumOf(podResources(spec, 'requests'), amountsAt(spec, 'overhead'));
}

/** What a pod may use at most; its overhead comes on top where there is a limit. */
export function podLimits(spec: JsonObject): Amounts {
  const limits = new Map(podResources(spec, 'limits'));
  for (const [name, overhead] of amountsAt(spec, 'overhead')) {
    const limit = limits.get(name);
    if (limit !== undefined && limit.compare(ZERO) !== 0) limits.set(name, limit.add(overhead));
  }
  return limits;
}
