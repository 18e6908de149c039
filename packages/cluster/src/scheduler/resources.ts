import {
  parseQuantity,
  type Container,
  type DeepReadonly,
  type Pod,
  type Quantity,
} from '@kubewright/apimachinery';

/** Amounts by resource name, such as `cpu` in millicores and everything else in its own unit. */
export type Amounts = ReadonlyMap<string, number>;

/** cpu is counted in thousandths, so that small requests add up exactly; all else in whole units. */
function amountOf(resource: string, quantity: Quantity): number {
  const amount = parseQuantity(quantity).toNumber();
  return resource === 'cpu' ? Math.ceil(amount * 1000) : Math.ceil(amount);
}

/** Reads a resource list such as `resources.requests`. */
export function amountsOf(list: DeepReadonly<Record<string, Quantity>> | undefined): Amounts {
  return new Map(
    Object.entries(list ?? {}).map(([name, quantity]) => [name, amountOf(name, quantity)]),
  );
}

/** The sum of two lists. */
export function sumOf(a: Amounts, b: Amounts): Amounts {
  const result = new Map(a);
  for (const [name, amount] of b) result.set(name, (result.get(name) ?? 0) + amount);
  return result;
}

function maxOf(a: Amounts, b: Amounts): Amounts {
  const result = new Map(a);
  for (const [name, amount] of b) result.set(name, Math.max(result.get(name) ?? 0, amount));
  return result;
}

const requests = (container: DeepReadonly<Container>): Amounts =>
  amountsOf(container.resources?.requests);

/**
 * What a pod asks of its node: its containers and sidecars together, or the largest of its init containers
 * beside the sidecars that were started before it, whichever is more; plus overhead. One `pods` each.
 * Source: the API's documentation of init containers, "Resource sharing within containers", and KEP-753.
 */
export function requestsOf(pod: DeepReadonly<Pod>): Amounts {
  let running: Amounts = new Map();
  let starting: Amounts = new Map();
  for (const container of pod.spec?.initContainers ?? []) {
    if (container.restartPolicy === 'Always') {
      running = sumOf(running, requests(container));
      starting = maxOf(starting, running);
    } else {
      starting = maxOf(starting, sumOf(running, requests(container)));
    }
  }
  for (const container of pod.spec?.containers ?? []) running = sumOf(running, requests(container));
  const needed = sumOf(maxOf(running, starting), amountsOf(pod.spec?.overhead));
  return sumOf(needed, new Map([['pods', 1]]));
}
