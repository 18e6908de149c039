import {
  parseQuantity,
  type ExactQuantity,
  type Container,
  type Pod,
  type PodStatus,
  type Quantity,
  type ResourceRequirements,
} from '@kubewright/apimachinery';
import { isSidecar } from '../restart/restart-policy.ts';

type Amounts = ReadonlyMap<string, ExactQuantity>;
type Part = 'requests' | 'limits';

/**
 * What a pod as a whole asks for or may use: the sum of its containers and sidecars, or the largest
 * init container together with the sidecars that run beside it, whichever is more; plus the overhead.
 */
export function podAmounts(pod: Pod, part: Part): Amounts {
  const spec = pod.spec;
  let sidecars: Amounts = new Map();
  let initPeak: Amounts = new Map();
  for (const container of spec?.initContainers ?? []) {
    const own = amountsOf(container, part);
    if (isSidecar(container)) {
      sidecars = sum(sidecars, own);
      initPeak = largest(initPeak, sidecars);
    } else initPeak = largest(initPeak, sum(sidecars, own));
  }
  const main = (spec?.containers ?? []).reduce(
    (total, container) => sum(total, amountsOf(container, part)),
    sidecars,
  );
  const own = largest(main, initPeak);
  const podLevel = toAmounts(spec?.resources?.[part]);
  return sum(new Map([...own, ...podLevel]), toAmounts(part === 'requests' ? spec?.overhead : {}));
}

/** The pod-level `resources` and `allocatedResources` of a status. */
export function podResourceFields(pod: Pod): Pick<PodStatus, 'resources' | 'allocatedResources'> {
  const requests = toJson(podAmounts(pod, 'requests'));
  const limits = toJson(podAmounts(pod, 'limits'));
  const resources: ResourceRequirements = {
    ...(limits === undefined ? {} : { limits }),
    ...(requests === undefined ? {} : { requests }),
  };
  return { resources, ...(requests === undefined ? {} : { allocatedResources: requests }) };
}

function amountsOf(container: Container, part: Part): Amounts {
  return toAmounts(container.resources?.[part]);
}

function toAmounts(quantities: Readonly<Record<string, Quantity>> | undefined): Amounts {
  return new Map(
    Object.entries(quantities ?? {}).map(([name, value]) => [name, parseQuantity(value)]),
  );
}

function toJson(amounts: Amounts): Record<string, Quantity> | undefined {
  if (amounts.size === 0) return undefined;
  return Object.fromEntries([...amounts].map(([name, value]) => [name, value.toString()]));
}

function sum(left: Amounts, right: Amounts): Amounts {
  return combine(left, right, (one, other) => one.add(other));
}

function largest(left: Amounts, right: Amounts): Amounts {
  return combine(left, right, (one, other) => (one.compare(other) < 0 ? other : one));
}

function combine(
  left: Amounts,
  right: Amounts,
  join: (one: ExactQuantity, other: ExactQuantity) => ExactQuantity,
): Amounts {
  const result = new Map(left);
  for (const [name, value] of right) {
    const own = result.get(name);
    result.set(name, own === undefined ? value : join(own, value));
  }
  return result;
}
