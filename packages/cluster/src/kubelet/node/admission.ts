import { parseQuantity, type Pod } from '@kubewright/apimachinery';
import { podAmounts } from '../status/pod-resources.ts';

/** Why a node does not take a pod. */
export interface PodRejection {
  /** Goes into `status.reason` and the Event. */
  readonly reason: string;
  /** Text of the Event; `status.message` has `Pod was rejected: ` in front. */
  readonly message: string;
}

/**
 * Whether a node that runs `others` takes one more pod, as a kubelet decides for pods that were bound to it
 * by whatever scheduler; undefined when it does.
 */
export function rejectionOf(
  pod: Pod,
  others: readonly Pod[],
  allocatable: Readonly<Record<string, string>>,
): PodRejection | undefined {
  const os = pod.spec?.os?.name;
  if (os !== undefined && os !== 'linux') {
    return {
      reason: 'PodOSNotSupported',
      message: "Failed to admit pod as the OS field doesn't match node OS",
    };
  }
  const pods = Number(allocatable['pods'] ?? '110');
  if (others.length + 1 > pods) return lacking('pods', 1n, BigInt(others.length), BigInt(pods));
  const requested = podAmounts(pod, 'requests');
  for (const [name, amount] of requested) {
    const milli = name === 'cpu';
    const size = (quantity: ReturnType<typeof parseQuantity>): bigint =>
      milli ? quantity.toMilli() : quantity.toBigInt();
    const wanted = size(amount);
    if (wanted === 0n) continue;
    const capacity = size(parseQuantity(allocatable[name] ?? '0'));
    const used = others.reduce((sum, other) => {
      const own = podAmounts(other, 'requests').get(name);
      return sum + (own === undefined ? 0n : size(own));
    }, 0n);
    if (used + wanted > capacity) return lacking(name, wanted, used, capacity);
  }
  return undefined;
}

function lacking(name: string, requested: bigint, used: bigint, capacity: bigint): PodRejection {
  return {
    reason: `OutOf${name}`,
    message: `Node didn't have enough resource: ${name}, requested: ${requested.toString()}, used: ${used.toString()}, capacity: ${capacity.toString()}`,
  };
}
