import {
  defineResource,
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
import type { CoreEventRecorder } from '../../events/core-event-recorder.ts';
import { KindWatcher } from '../../discovery/kind-watcher.ts';
import {
  graphNode,
  isWaitingForDependents,
  isWithinReach,
  leadsTo,
  ownerKind,
  ownerKindOf,
  OwnerGraph,
  type GraphNode,
} from './owner-graph.ts';
import { planFor, type Action, type OwnerState } from './plan.ts';

/** What the collector needs. */
export interface GarbageCollectorOptions {
  readonly client: Client;
  readonly cache: Cache;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Takes the Events about references that lead nowhere. */
  readonly events: Pick<CoreEventRecorder, 'record'>;
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
      onKind: (resource) => this.#follow(resource, stop),
    });
    const workers = Array.from({ length: this.#options.concurrency ?? 4 }, () =>
      this.#work(stop, work),
    );
    await Promise.all([kinds.run(stop), ...workers]);
    this.#queue.shutDown();
  }

  #follow(resource: Resource, stop: AbortSignal): Disposable | undefined {
    this.#resources.set(ownerKind(resource), resource);
    if (ignored.has(groupResourceOf(resource))) return undefined;
    const informer = this.#options.cache.informer(resource, { transform: onlyMetadata });
    const following = informer.addEventHandler({
      added: (object) => this.#observe(graphNode(resource, object.metadata)),
      updated: (_, object) => this.#observe(graphNode(resource, object.metadata)),
      deleted: (object) => this.#remove(object.metadata.uid),
    });
    informer.whenSynced(stop).then(
      () => this.#know(resource),
      () => undefined, // it has ended
    );
    return following;
  }

  /** Looks again at what could not be judged before all objects of a kind were known, in the version that is followed now. */
  #know(resource: Resource): void {
    if (this.#resources.get(ownerKind(resource)) !== resource) return;
    const kind = groupResourceOf(resource);
    for (const node of this.#graph.nodes()) {
      if (groupResourceOf(node.resource) === kind && node.resource !== resource) {
        // It is not there in this version: it went while nobody told of it.
        this.#graph.forget(node.uid);
        this.#addDependents(node.uid);
      } else if (node.owners.some((owner) => ownerKindOf(owner) === ownerKind(resource))) {
        this.#queue.add(node.uid);
      }
    }
  }

  #observe(node: GraphNode): void {
    const before = this.#graph.get(node.uid);
    this.#graph.put(node);
    this.#queue.add(node.uid);
    // An owner that began to wait: its dependents go first.
    if (isWaitingForDependents(node) && before?.isDeleting !== true) this.#addDependents(node.uid);
    // An owner may be free to go now that this one is not in its way any more.
    for (const { uid } of before?.owners ?? []) this.#addIfWaiting(uid);
    this.#warnOfOwnersOutOfReach(node, before);
  }

  /** Says of references to another namespace that they lead nowhere, when either end is seen first. */
  #warnOfOwnersOutOfReach(node: GraphNode, before: GraphNode | undefined): void {
    const isNew = (uid: string): boolean =>
      before?.owners.every((owner) => owner.uid !== uid) ?? true;
    for (const owner of node.owners) {
      const known = this.#graph.get(owner.uid);
      if (known === undefined || isWithinReach(known, node.namespace)) continue;
      if (isNew(owner.uid)) this.#warnOutOfReach(node, owner);
    }
    if (before !== undefined) return;
    for (const dependent of this.#graph.dependentsOf(node.uid)) {
      if (isWithinReach(node, dependent.namespace)) continue;
      for (const owner of dependent.owners) {
        if (owner.uid === node.uid) this.#warnOutOfReach(dependent, owner);
      }
    }
  }

  #warnOutOfReach(dependent: GraphNode, owner: DeepReadonly<OwnerReference>): void {
    const { resource, name, namespace, uid } = dependent;
    const { apiVersion, kind } = resource;
    const where = namespace ?? '';
    this.#options.events.record({
      involvedObject: { apiVersion, kind, name, namespace, uid },
      type: 'Warning',
      reason: 'OwnerRefInvalidNamespace',
      message: `ownerRef [${owner.apiVersion}/${owner.kind}, namespace: ${where}, name: ${owner.name}, uid: ${owner.uid}] does not exist in namespace ${JSON.stringify(where)}`,
    });
  }

  #remove(uid: string): void {
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
        const isKnown = await this.#attend(uid, work);
        if (isKnown) this.#queue.forget(uid);
        else this.#queue.addRateLimited(uid);
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

  /** False when there is an owner whose end nobody would tell of: it has to be asked for again. */
  async #attend(uid: string, signal: AbortSignal): Promise<boolean> {
    const node = this.#graph.get(uid);
    if (node === undefined || (node.owners.length === 0 && !node.isDeleting)) return true;
    const states = new Map<DeepReadonly<OwnerReference>, OwnerState>();
    if (!node.isDeleting) {
      for (const owner of node.owners)
        states.set(owner, await this.#stateOf(owner, node.namespace, signal));
    }
    const action = planFor(
      node,
      (owner) => states.get(owner) ?? 'solid',
      this.#graph.dependentsOf(uid),
    );
    await this.#do(node, action, signal);
    return [...states].every(
      ([owner, state]) => state !== 'solid' || this.#graph.get(owner.uid) !== undefined,
    );
  }

  /** @throws Error when the kind of the owner is not known, or not in this version; like the field's collector, nobody judges then. */
  async #stateOf(
    owner: DeepReadonly<OwnerReference>,
    namespace: string | undefined,
    signal: AbortSignal,
  ): Promise<OwnerState> {
    const known = this.#graph.get(owner.uid);
    if (known !== undefined && leadsTo(owner, known, namespace)) {
      return isWaitingForDependents(known) ? 'waiting' : 'solid';
    }
    const gone = this.#graph.gone(owner.uid);
    if (gone?.resource.apiVersion === owner.apiVersion && leadsTo(owner, gone, namespace)) {
      return 'absent';
    }
    const preferred = this.#resources.get(ownerKindOf(owner));
    if (preferred === undefined) throw new Error(`${ownerKindOf(owner)} is not served`);
    const { version } = parseApiVersion(owner.apiVersion);
    const resource =
      version === preferred.version ? preferred : defineResource({ ...preferred, version });
    if (resource.scope === 'Namespaced' && namespace === undefined) return 'solid';
    try {
      const ref = { name: owner.name, ...(resource.scope === 'Namespaced' ? { namespace } : {}) };
      const { metadata } = await this.#options.client.get(resource, ref, { signal });
      return metadata.uid === owner.uid ? 'solid' : 'absent';
    } catch (error) {
      // The server names an object that it does not find. Otherwise it has no such version, or not any more.
      if (isNotFound(error) && error.status.details?.name === owner.name) return 'absent';
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
      case 'unblock':
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
