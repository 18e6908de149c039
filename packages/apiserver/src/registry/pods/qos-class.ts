import { parseQuantity } from '@kubewright/apimachinery';
import type { JsonObject } from '../../contracts.ts';
import { listAt, objectAt } from '../json-read.ts';

const COUNTED = ['cpu', 'memory'];

function amount(resources: JsonObject, name: string): ReturnType<typeof parseQuantity> | undefined {
  const value: unknown = resources[name];
  if (value === undefined) return undefined;
  // Decoding has refused what is no quantity.
  const quantity = parseQuantity(value as string);
  return quantity.compare(parseQuantity('0')) > 0 ? quantity : undefined;
}

/**
 * How a pod is treated when its node runs short: `Guaranteed` when every container limits cpu and memory and requests
 * just that, `BestEffort` when none says anything, `Burstable` otherwise.
 */
export function qosClassOf(spec: JsonObject): 'Guaranteed' | 'Burstable' | 'BestEffort' {
  const containers = [...listAt(spec, 'containers'), ...listAt(spec, 'initContainers')];
  let isGuaranteed = true;
  let isBestEffort = true;
  for (const container of containers) {
    const resources = objectAt(container, 'resources');
    for (const name of COUNTED) {
      const limit = amount(objectAt(resources, 'limits'), name);
      const request = amount(objectAt(resources, 'requests'), name);
      if (limit !== undefined || request !== undefined) isBestEffort = false;
      if (limit === undefined || (request !== undefined && request.compare(limit) !== 0)) {
        isGuaranteed = false;
      }
    }
  }
  if (isBestEffort) return 'BestEffort';
  return isGuaranteed ? 'Guaranteed' : 'Burstable';
}
