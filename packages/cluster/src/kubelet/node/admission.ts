import { parseQuantity, type Node, type Pod, type Stored } from '@kubewright/apimachinery';
import { fitsNodeAffinity } from '../../scheduler/affinity.ts';
import { hasPortConflict } from '../../scheduler/host-ports.ts';
import { podAmounts } from '../status/pod-resources.ts';
import { forbiddenSysctl } from './sysctls.ts';

/** Why a node does not take a pod. */
export interface PodRejection {
  /** Goes into `status.reason` and the Event. */
  readonly reason: string;
  /** Text of the Event; `status.message` has `Pod was rejected: ` in front. */
  readonly message: string;
}

/** Whether a pod is picky about its node, so that {@link rejectionOf} has to know the node. */
export function choosesNode({ spec }: Pod): boolean {
  return spec?.nodeSelector !== undefined || spec?.affinity?.nodeAffinity !== undefined;
}

/**
 * Whether a node that runs `others` takes one more pod, as a kubelet decides for pods that were bound to it
 * by whatever scheduler; undefined when it does. Of several reasons the one is told that a kubelet finds first.
 *
 * @param node undefined when it is not known: its labels are not looked at then
 */
export function rejectionOf(
  pod: Pod,
  others: readonly Pod[],
  allocatable: Readonly<Record<string, string>>,
  node: Stored<Node> | undefined,
): PodRejection | undefined {
  const sysctl = forbiddenSysctl(pod);
  if (sysctl !== undefined) {
    const message = `forbidden sysctl: ${JSON.stringify(sysctl)} not allowlisted`;
    return { reason: 'SysctlForbidden', message };
  }
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
  if (node !== undefined && !fitsNodeAffinity(pod, node)) {
    return failed('NodeAffinity', "node(s) didn't match Pod's node affinity/selector");
  }
  if (hasPortConflict(pod, others)) {
    return failed('NodePorts', "node(s) didn't have free ports for the requested pod ports");
  }
  return undefined;
}

function failed(reason: string, detail: string): PodRejection {
  return { reason, message: `Predicate ${reason} failed: ${detail}` };
}

function lacking(name: string, requested: bigint, used: bigint, capacity: bigint): PodRejection {
  return {
    reason: `OutOf${name}`,
    message: `Node didn't have enough resource: ${name}, requested: ${requested.toString()}, used: ${used.toString()}, capacity: ${capacity.toString()}`,
  };
}
