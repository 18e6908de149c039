import {
  parseApiVersion,
  type DeepReadonly,
  type ObjectMeta,
  type OwnerReference,
  type Resource,
} from '@kubewright/apimachinery';

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

/** Kind of what an owner reference names, in whatever version: `group/kind`. */
export function ownerKindOf({ apiVersion, kind }: DeepReadonly<OwnerReference>): string {
  return `${parseApiVersion(apiVersion).group}/${kind}`;
}

/** How owner references name a kind: `group/kind`. */
export function ownerKind({ group, kind }: Resource): string {
  return `${group}/${kind}`;
}

/** Whether an object of this namespace may name this node its owner: one without a namespace, or of the same. */
export function isWithinReach({ resource, namespace }: GraphNode, of: string | undefined): boolean {
  return resource.scope === 'Cluster' || namespace === of;
}

/** Whether a reference of an object of this namespace leads to this node, in whatever version. The uid alone does not do. */
export function leadsTo(
  owner: DeepReadonly<OwnerReference>,
  node: GraphNode,
  namespace: string | undefined,
): boolean {
  return (
    node.uid === owner.uid &&
    node.name === owner.name &&
    ownerKind(node.resource) === ownerKindOf(owner) &&
    isWithinReach(node, namespace)
  );
}

/** All objects by uid, and who depends on whom. */
export class OwnerGraph {
  readonly #nodes = new Map<string, GraphNode>();
  /** For each owner's uid, seen or not, the uids of the objects that name it. Never holds an empty set. */
  readonly #dependents = new Map<string, Set<string>>();
  /** Objects that are gone, by uid, as they were last; as long as they have dependents. */
  readonly #gone = new Map<string, GraphNode>();

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

  /** Takes note that an object is gone for good; its dependents stay known. */
  remove(uid: string): void {
    const node = this.#nodes.get(uid);
    this.forget(uid);
    if (node !== undefined && this.#dependents.has(uid)) this.#gone.set(uid, node);
  }

  /** Forgets an object of which nobody tells any more, whether it is there or not; its dependents stay known. */
  forget(uid: string): void {
    this.#unlink(uid);
    this.#nodes.delete(uid);
  }

  /** An owner that was seen to go: no object ever has its uid again. */
  gone(uid: string): GraphNode | undefined {
    return this.#gone.get(uid);
  }

  /** All objects that are known. */
  nodes(): IterableIterator<GraphNode> {
    return this.#nodes.values();
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
      if (set?.size !== 0) continue;
      this.#dependents.delete(owner.uid);
      this.#gone.delete(owner.uid);
    }
  }
}
