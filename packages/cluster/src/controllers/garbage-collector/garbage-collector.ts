import {
  groupResourceOf,
  isConflict,
  isInvalid,
  isNotFound,
  parseApiVersion,
  type DeepReadonly,
  type OwnerReference,
  type Resource,
} from '@kubewright/apimachinery';
import type { Client } from '@kubewright/client';
import {
  onlyMetadata,
  WorkQueue,
  type Cache,
  type Clock,
  type Logger,
  type Runnable,
} from '@kubewright/runtime';
import { KindWatcher } from '../../discovery/kind-watcher.ts';
import { graphNode, isWaitingForDependents, OwnerGraph, type GraphNode } from './owner-graph.ts';
import { planFor, type Action, type OwnerState } from './plan.ts';

/** What the collector needs. */
export interface GarbageCollectorOptions {
  readonly client: Client;
  readonly cache: Cache;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Objects worked on at a time. Default 4. */
  readonly concurrency?: number;
}

const neededVerbs = ['list', 'watch', 'delete', 'patch'];
/** Too many, too short-lived, and never owned. */
const ignored: ReadonlySet<string> = new Set(['events', 'events.events.k8s.io']);

/**
 * Deletes objects whose owners are gone, and holds back owners that wait for their dependents.
 *
 * It watches every kind the server has and keeps no more of an object than its metadata.
 *
 * Guarantees: an object is deleted only after the server itself said that each of its owners is gone or
 * is another one of the same name, and only if it is still the object that was looked at.
 */
export class GarbageCollector implements Runnable {
  readonly name = 'garbage-collector';
  readonly #options: GarbageCollectorOptions;
  readonly #graph = new OwnerGraph();
  /** Uids of objects to look at. */
  readonly #queue: WorkQueue<string>;
  /** The kinds the server has, by `group/kind`: where an owner reference leads. */
  readonly #resources = new Map<string, Resource>();

  constructor(options: GarbageCollectorOptions) {
    this.#options = options;
    this.#queue = new WorkQueue<string>({ name: this.name, clock: options.clock });
  }

  async start(stop: AbortSignal, work: AbortSignal): Promise<void> {
    const kinds = new KindWatcher({
      ...this.#options,
      verbs: neededVerbs,
      onKind: (resource) => this.#follow(resource),
    });
    const workers = Array.from({ length: this.#options.concurrency ?? 4 }, () =>
      this.#work(stop, work),
    );
    await Promise.all([kinds.run(stop), ...workers]);
    this.#queue.shutDown();
  }

  #follow(resource: Resource): void {
    this.#resources.set(`${resource.group}/${resource.kind}`, resource);
    if (ignored.has(groupResourceOf(resource))) return;
    const informer = this.#options.cache.informer(resource, { transform: onlyMetadata });
    informer.addEventHandler({
      added: (object) => this.#observe(graphNode(resource, object.metadata)),
      updated: (_, object) => this.#observe(graphNode(resource, object.metadata)),
      deleted: (object) => this.#forget(object.metadata.uid),
    });
  }

  #observe(node: GraphNode): void {
    const before = this.#graph.get(node.uid);
    this.#graph.put(node);
    this.#queue.add(node.uid);
    // An owner that began to wait: its dependents go first.
    if (isWaitingForDependents(node) && before?.isDeleting !== true) this.#addDependents(node.uid);
    // An owner may be free to go now that this one is not in its way any more.
    for (const { uid } of before?.owners ?? []) this.#addIfWaiting(uid);
  }

  #forget(uid: string): void {
    const node = this.#graph.get(uid);
    this.#graph.remove(uid);
    this.#addDependents(uid);
    for (const owner of node?.owners ?? []) this.#addIfWaiting(owner.uid);
  }

  #addDependents(uid: string): void {
    for (const dependent of this.#graph.dependentsOf(uid)) this.#queue.add(dependent.uid);
  }

  #addIfWaiting(uid: string): void {
    const owner = this.#graph.get(uid);
    if (owner?.isDeleting === true) this.#queue.add(uid);
  }

  async #work(stop: AbortSignal, work: AbortSignal): Promise<void> {
    for (;;) {
      const uid = await this.#queue.get(stop);
      if (uid === undefined) return;
      try {
        await this.#attend(uid, work);
        this.#queue.forget(uid);
      } catch (error) {
        if (!work.aborted) {
          this.#options.logger.debug('an object could not be attended to', { uid, error });
          this.#queue.addRateLimited(uid);
        }
      } finally {
        this.#queue.done(uid);
      }
    }
  }

  async #attend(uid: string, signal: AbortSignal): Promise<void> {
    const node = this.#graph.get(uid);
    if (node === undefined || (node.owners.length === 0 && !node.isDeleting)) return;
    const states = new Map<string, OwnerState>();
    if (!node.isDeleting) {
      for (const owner of node.owners)
        states.set(owner.uid, await this.#stateOf(owner, node.namespace, signal));
    }
    // An owner of an unknown kind is nobody's to judge: it counts as there.
    const action = planFor(
      node,
      ({ uid: owner }) => states.get(owner) ?? 'solid',
      this.#graph.dependentsOf(uid),
    );
    await this.#do(node, action, signal);
  }

  async #stateOf(
    owner: DeepReadonly<OwnerReference>,
    namespace: string | undefined,
    signal: AbortSignal,
  ): Promise<OwnerState> {
    const known = this.#graph.get(owner.uid);
    if (known !== undefined) return isWaitingForDependents(known) ? 'waiting' : 'solid';
    const resource = this.#resources.get(
      `${parseApiVersion(owner.apiVersion).group}/${owner.kind}`,
    );
    if (resource === undefined) return 'solid';
    if (resource.scope === 'Namespaced' && namespace === undefined) return 'solid';
    try {
      const ref = { name: owner.name, ...(resource.scope === 'Namespaced' ? { namespace } : {}) };
      const { metadata } = await this.#options.client.get(resource, ref, { signal });
      return metadata.uid === owner.uid ? 'solid' : 'absent';
    } catch (error) {
      if (isNotFound(error)) return 'absent';
      throw error;
    }
  }

  async #do(node: GraphNode, action: Action, signal: AbortSignal): Promise<void> {
    const { client } = this.#options;
    const { resource, name, namespace, uid } = node;
    switch (action.type) {
      case 'nothing':
        return;
      case 'delete': {
        const { propagationPolicy } = action;
        // The version too: a reference that was added meanwhile may save it.
        const preconditions = { uid, resourceVersion: node.resourceVersion };
        await client
          .delete(resource, { name, namespace }, { preconditions, propagationPolicy, signal })
          .catch(ignoreGone);
        return;
      }
      case 'disown':
        await this.#patch(node, { ownerReferences: action.ownerReferences }, signal);
        return;
      case 'remove-finalizer':
        await this.#patch(
          node,
          { finalizers: node.finalizers.filter((name) => name !== action.finalizer) },
          signal,
        );
        return;
      case 'orphan-dependents':
        for (const dependent of action.dependents) {
          await this.#patch(
            dependent,
            { ownerReferences: dependent.owners.filter((owner) => owner.uid !== uid) },
            signal,
          );
        }
        await this.#patch(
          node,
          { finalizers: node.finalizers.filter((name) => name !== 'orphan') },
          signal,
        );
        return;
      case 'wait':
        for (const dependent of action.dependents) {
          if (!dependent.isDeleting) this.#queue.add(dependent.uid);
        }
        return;
      default:
        action satisfies never;
    }
  }

  async #patch(
    node: GraphNode,
    change: { ownerReferences?: unknown; finalizers?: readonly string[] },
    signal: AbortSignal,
  ): Promise<void> {
    const { resource, name, namespace, uid, resourceVersion } = node;
    const body = { metadata: { uid, resourceVersion, ...change } };
    await this.#options.client
      .patch(resource, { name, namespace }, { type: 'merge', body }, { signal })
      .catch(ignoreGone);
  }
}

/** Gone, or another object of that name: nothing is left to do. A conflict is looked at again. */
function ignoreGone(error: unknown): void {
  if (isNotFound(error) || (isInvalid(error) && !isConflict(error))) return;
  throw error;
}
