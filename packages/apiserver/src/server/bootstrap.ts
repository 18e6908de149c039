import type { Access, Clock, JsonObject, TypeRegistry } from '../contracts.ts';
import { recordCreation } from '../apply/track-managers.ts';
import type { MemoryStore } from '../storage/memory-store.ts';

/** Namespaces of every cluster, in the order in which they are made. */
export const SYSTEM_NAMESPACES: readonly string[] = [
  'kube-system',
  'kube-node-lease',
  'kube-public',
  'default',
];

function namespaceObject(name: string): JsonObject {
  return {
    kind: 'Namespace',
    apiVersion: 'v1',
    metadata: { name, labels: { 'kubernetes.io/metadata.name': name } },
  };
}

/** What the server itself adds to a new object: nobody owns it. */
const ADDED_AFTERWARDS: Readonly<Record<string, JsonObject>> = {
  Namespace: { spec: { finalizers: ['kubernetes'] }, status: { phase: 'Active' } },
};

function priorityClass(name: string, value: number, description: string): JsonObject {
  return {
    kind: 'PriorityClass',
    apiVersion: 'scheduling.k8s.io/v1',
    metadata: { name, generation: 1 },
    value,
    description,
    preemptionPolicy: 'PreemptLowerPriority',
  };
}

/** The objects of a fresh cluster besides its access rules. */
function systemObjects(): JsonObject[] {
  return [
    ...SYSTEM_NAMESPACES.map(namespaceObject),
    priorityClass(
      'system-node-critical',
      2_000_001_000,
      'Used for system critical pods that must not be moved from their current node.',
    ),
    priorityClass(
      'system-cluster-critical',
      2_000_000_000,
      'Used for system critical pods that must run in the cluster, but can be moved to another node if necessary.',
    ),
  ];
}

/** Stores what a fresh cluster has before anyone has asked for anything. */
export function bootstrap(options: {
  readonly store: MemoryStore;
  readonly registry: TypeRegistry;
  readonly access: Access;
  readonly clock: Clock;
}): void {
  const { store, registry, access, clock } = options;
  for (const object of [...systemObjects(), ...access.bootstrapObjects()]) {
    const apiVersion = String(object['apiVersion']);
    const slash = apiVersion.indexOf('/');
    const group = slash < 0 ? '' : apiVersion.slice(0, slash);
    const kind = String(object['kind']);
    const type = registry.findKind(group, apiVersion.slice(slash + 1), kind);
    if (type === undefined) throw new TypeError(`no resource serves ${apiVersion} ${kind}`);
    recordCreation({
      type,
      object,
      manager: 'kube-apiserver',
      subresource: '',
      nowMs: clock.now(),
    });
    store.insert(type.storageKey, { ...object, ...ADDED_AFTERWARDS[kind] });
  }
}
