import type { DeepReadonly, ObjectMeta, OwnerReference, Resource } from '@kubewright/apimachinery';

/** What the collector knows of one object. */
export interface GraphNode {
  readonly resource: Resource;
  readonly uid: string;
  readonly name: string;
  readonly namespace: string | undefined;
  readonly resourceVersion: string;
  readonly owners: readonly DeepReadonly<OwnerReference>[];
  readonly finalizers: readonly string[];
  readonly isDeleting: boolean;
}

/** The finalizer that makes an owner wait for its dependents. */
export const foregroundFinalizer = 'foregroundDeletion';
/** The finalizer that makes the collector cut the dependents loose first. */
export const orphanFinalizer = 'orphan';

/** Reads a node from an object's metadata. */
export function graphNode(
  resource: Resource,
  metadata: DeepReadonly<ObjectMeta> & { readonly uid: string; readonly name: string },
): GraphNode {
  return {
    resource,
    uid: metadata.uid,
    name: metadata.name,
    namespace: metadata.namespace,
    resourceVersion: metadata.resourceVersion ?? '',
    owners: metadata.ownerReferences ?? [],
    finalizers: metadata.finalizers ?? [],
    isDeleting: metadata.deletionTimestamp !== undefined,
  };
}

/** Whether a node waits for its dependents to go first. */
export function isWaitingForDependents(node: GraphNode): boolean {
  return node.isDeleting && node.finalizers.includes(foregroundFinalizer);
}

/** All objects by uid, and who depends on whom. */
export class OwnerGraph {
  readonly #nodes = new Map<string, GraphNode>();
  /** For each owner's uid, seen or not, the uids of the objects that name it. Never holds an empty set. */
  readonly #dependents = new Map<string, Set<string>>();

  /** Adds an object or takes over its change. */
  put(node: GraphNode): void {
    this.#unlink(node.uid);
    this.#nodes.set(node.uid, node);
    for (const { uid } of node.owners) {
      let set = this.#dependents.get(uid);
      if (set === undefined) this.#dependents.set(uid, (set = new Set()));
      set.add(node.uid);
    }
  }

  /** Forgets an object; its dependents stay known. */
  remove(uid: string): void {
    this.#unlink(uid);
    this.#nodes.delete(uid);
  }

  get(uid: string): GraphNode | undefined {
    return this.#nodes.get(uid);
  }

  /** The objects that name this uid among their owners. */
  dependentsOf(uid: string): GraphNode[] {
    return [...(this.#dependents.get(uid) ?? [])]
      .map((dependent) => this.#nodes.get(dependent))
      .filter((node) => node !== undefined);
  }

  get size(): number {
    return this.#nodes.size;
  }

  #unlink(uid: string): void {
    for (const owner of this.#nodes.get(uid)?.owners ?? []) {
      const set = this.#dependents.get(owner.uid);
      set?.delete(uid);
      if (set?.size === 0) this.#dependents.delete(owner.uid);
    }
  }
}
