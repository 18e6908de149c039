import type { DeepReadonly, Node, Taint } from '@kubewright/apimachinery';

/** What one condition of a node means for pods. */
interface TaintRule {
  readonly condition: string;
  readonly status: string;
  readonly key: string;
  /** Pods that run there must go too, unless they tolerate it. */
  readonly evicts: boolean;
}

/** The taints that stand for conditions. Source: Kubernetes documentation, "Taints and Tolerations". */
const rules: readonly TaintRule[] = [
  { condition: 'Ready', status: 'False', key: 'node.kubernetes.io/not-ready', evicts: true },
  { condition: 'Ready', status: 'Unknown', key: 'node.kubernetes.io/unreachable', evicts: true },
  {
    condition: 'MemoryPressure',
    status: 'True',
    key: 'node.kubernetes.io/memory-pressure',
    evicts: false,
  },
  {
    condition: 'DiskPressure',
    status: 'True',
    key: 'node.kubernetes.io/disk-pressure',
    evicts: false,
  },
  {
    condition: 'PIDPressure',
    status: 'True',
    key: 'node.kubernetes.io/pid-pressure',
    evicts: false,
  },
  {
    condition: 'NetworkUnavailable',
    status: 'True',
    key: 'node.kubernetes.io/network-unavailable',
    evicts: false,
  },
];
const cordonKey = 'node.kubernetes.io/unschedulable';
const managedKeys: ReadonlySet<string> = new Set([...rules.map(({ key }) => key), cordonKey]);

/**
 * The taints a node should have: those that stand for its conditions and for a cordon, and all that somebody
 * else put there. A taint that stays keeps the time it was added.
 */
export function taintsFor(node: DeepReadonly<Node>, now: string): Taint[] {
  const present = node.spec?.taints ?? [];
  const wanted: Taint[] = rules
    .filter(({ condition, status }) =>
      (node.status?.conditions ?? []).some((it) => it.type === condition && it.status === status),
    )
    .flatMap(({ key, evicts }): Taint[] => [
      { key, effect: 'NoSchedule' },
      ...(evicts ? [{ key, effect: 'NoExecute' }] : []),
    ]);
  if (node.spec?.unschedulable === true) wanted.push({ key: cordonKey, effect: 'NoSchedule' });
  return [
    ...present.filter(({ key }) => !managedKeys.has(key)),
    ...wanted.map(
      ({ key, effect }): Taint =>
        present.find((taint) => taint.key === key && taint.effect === effect) ?? {
          key,
          effect,
          timeAdded: now,
        },
    ),
  ];
}
