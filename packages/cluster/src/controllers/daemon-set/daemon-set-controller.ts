import {
  asError,
  ControllerRevision,
  DaemonSet,
  deepEqual,
  fromLabelSelector,
  isNamespaceTerminating,
  Node,
  Pod,
  type Stored,
} from '@kubewright/apimachinery';
import {
  controllerUidIndex,
  createController,
  done,
  requeueAfter,
  watch,
  type Controller,
  type ControllerHost,
  type ReconcileContext,
  type Request,
  type Result,
} from '@kubewright/runtime';
import type { CoreEventRecorder } from '../../events/core-event-recorder.ts';
import { BackOffTable } from '../../kubelet/restart/back-off.ts';
import { claim } from '../ownership/claim.ts';
import { unlessMoot } from '../ownership/moot.ts';
import { watchOrphans } from '../ownership/orphans.ts';
import { PodControl } from '../pods/pod-control.ts';
import { isFinishedPod } from '../pods/pod-state.ts';
import { slowStart } from '../pods/slow-start.ts';
import { podRevisionLabel } from '../revisions/controller-revision.ts';
import { ensureRevision, forgetRevisions } from '../revisions/revision-history.ts';
import {
  daemonTemplate,
  nodeOfPod,
  type ReadonlyDaemonSet,
  type ReadonlyNode,
  type ReadonlyPod,
} from './daemon-pods.ts';
import {
  endedDaemons,
  planNodes,
  planRollout,
  type DaemonPlan,
  type DaemonState,
} from './daemon-plan.ts';
import { daemonSetStatus } from './daemon-set-status.ts';

/** Most pods made or deleted in one go. As in the field's DaemonSet controller. */
const burst = 250;
/** How long failed pods of a node stay before they are replaced. As in the field's DaemonSet controller. */
const failedPodBackOff = { initialMs: 1_000, maxMs: 900_000, resetMs: 1_800_000 };

/** Keeps one pod of a DaemonSet on each node that it is for. */
export function createDaemonSetController(
  host: ControllerHost,
  events: CoreEventRecorder,
): Controller {
  const backOff = new BackOffTable(failedPodBackOff);
  host.cache.informer(DaemonSet).addEventHandler({
    deleted: ({ metadata }) => backOff.forget(metadata.uid),
  });
  return createController(host, {
    name: 'daemonset',
    for: DaemonSet,
    owns: [Pod, ControllerRevision],
    watches: [
      watchOrphans(DaemonSet, Pod, selectorOf),
      watchOrphans(DaemonSet, ControllerRevision, selectorOf),
      watch(Node, {
        map: (event) => {
          if (event.type === 'updated' && isSameForDaemons(event.old, event.object)) return [];
          return host.cache.list(DaemonSet).map(({ metadata: { namespace, name } }) => ({
            namespace,
            name,
          }));
        },
      }),
    ],
    concurrency: 2,
    reconcile: (request, context) =>
      unlessMoot(() => new DaemonSync(request, context, events, backOff).run()),
  });
}

function selectorOf(set: ReadonlyDaemonSet): ReturnType<typeof fromLabelSelector> {
  return fromLabelSelector(set.spec?.selector ?? {});
}

/** Heartbeats change nothing for daemons. */
function isSameForDaemons(old: ReadonlyNode, node: ReadonlyNode): boolean {
  return (
    deepEqual(old.metadata.labels, node.metadata.labels) &&
    deepEqual(old.spec?.taints, node.spec?.taints)
  );
}

/** One look at one DaemonSet. */
class DaemonSync {
  readonly #request: Request;
  readonly #context: ReconcileContext;
  readonly #events: CoreEventRecorder;
  /** Waits by DaemonSet, generation and node. */
  readonly #backOff: BackOffTable;
  /** When failed pods may be replaced, in milliseconds from now. */
  #retryInMs: number | undefined;

  constructor(
    request: Request,
    context: ReconcileContext,
    events: CoreEventRecorder,
    backOff: BackOffTable,
  ) {
    this.#request = request;
    this.#context = context;
    this.#events = events;
    this.#backOff = backOff;
  }

  async run(): Promise<Result> {
    const set = this.#context.cache.get(DaemonSet, this.#request);
    // What it leaves behind is the garbage collector's.
    if (set === undefined || set.metadata.deletionTimestamp !== undefined) return done();
    const { selector } = set.spec ?? {};
    if (selector !== undefined && Object.keys(selector).length === 0) {
      const text = 'This daemon set is selecting all pods. A non-empty selector is required.';
      this.#events.recordOn(set, 'Warning', 'SelectingAll', text);
      return done();
    }
    const ownership = {
      context: this.#context,
      owner: set,
      ownerResource: DaemonSet,
      selector: selectorOf(set),
    };
    const revisions = await claim({ ...ownership, childResource: ControllerRevision });
    await claim({ ...ownership, childResource: Pod });
    const { revision, collisionCount } = await ensureRevision(
      {
        object: set,
        template: set.spec?.template,
        collisionCount: set.status?.collisionCount ?? 0,
        hashLabel: podRevisionLabel,
      },
      revisions,
      this.#context,
    );
    const hash = revision.metadata.labels?.[podRevisionLabel] ?? '';
    const failure = await this.#act(set, hash);
    if (failure === undefined) {
      const inUse = new Set([hash, ...this.#podsOf(set).map(hashOf)]);
      const names = revisions
        .filter((each) => inUse.has(hashOf(each)))
        .map(({ metadata }) => metadata.name);
      const kept = new Set([revision.metadata.name, ...names]);
      const limit = set.spec?.revisionHistoryLimit ?? 10;
      await forgetRevisions(revisions, kept, limit, this.#context);
    }
    const checkAgainInMs = await this.#report(set, hash, collisionCount);
    if (failure !== undefined) throw failure;
    const waits = [checkAgainInMs, this.#retryInMs].filter((wait) => wait !== undefined);
    return waits.length === 0 ? done() : requeueAfter(Math.min(...waits));
  }

  #podsOf(set: ReadonlyDaemonSet): readonly ReadonlyPod[] {
    const { cache } = this.#context;
    return cache.list(Pod, { index: { name: controllerUidIndex, value: set.metadata.uid } });
  }

  /** As the cache has it now: what was just made or deleted counts already. */
  #stateOf(set: ReadonlyDaemonSet, hash: string): DaemonState {
    const podsByNode = new Map<string, ReadonlyPod[]>();
    for (const pod of this.#podsOf(set)) {
      const isOver = isFinishedPod(pod) && pod.metadata.deletionTimestamp !== undefined;
      const nodeName = nodeOfPod(pod);
      if (isOver || nodeName === undefined) continue;
      podsByNode.set(nodeName, [...(podsByNode.get(nodeName) ?? []), pod]);
    }
    const nodes = this.#context.cache.list(Node);
    return { set, hash, nodes, podsByNode, nowMs: Date.now() };
  }

  /** Takes the steps that are due; gives back the first failure, so that the status can be written before it is thrown. */
  async #act(set: ReadonlyDaemonSet, hash: string): Promise<Error | undefined> {
    const state = this.#stateOf(set, hash);
    const plan = planNodes(state);
    const ended = this.#endedThatMayGo(state);
    const failure = await this.#take(state, { ...plan, remove: [...plan.remove, ...ended] });
    return failure ?? this.#take(state, planRollout(this.#stateOf(set, hash)));
  }

  /** Pods that fail again and again, because their node does not want them, are replaced more and more slowly. */
  #endedThatMayGo(state: DaemonState): ReadonlyPod[] {
    const { set, nowMs } = state;
    return endedDaemons(state).flatMap(({ pod, nodeName }) => {
      const { name, namespace } = pod.metadata;
      const where = `${namespace ?? ''}/${name} on node ${nodeName}`;
      if (pod.status?.phase === 'Succeeded') {
        const text = `Found succeeded daemon pod ${where}, will try to delete it`;
        this.#events.recordOn(set, 'Normal', 'SucceededDaemonPod', text);
        return [pod];
      }
      const key = `${set.metadata.uid}/${String(set.status?.observedGeneration ?? 0)}/${nodeName}`;
      const until = this.#backOff.waitUntilSinceRaise(key, nowMs);
      if (until !== undefined) {
        this.#retryInMs = Math.min(this.#retryInMs ?? Infinity, until - nowMs);
        return [];
      }
      this.#backOff.raise(key, nowMs, nowMs);
      const text = `Found failed daemon pod ${where}, will try to kill it`;
      this.#events.recordOn(set, 'Warning', 'FailedDaemonPod', text);
      return [pod];
    });
  }

  async #take(
    { set, hash }: DaemonState,
    { create, remove }: DaemonPlan,
  ): Promise<Error | undefined> {
    const pods = new PodControl({ owner: set, context: this.#context, events: this.#events });
    const left = create.slice(0, burst);
    const { error } = await slowStart(left.length, async () => {
      const nodeName = left.shift();
      if (nodeName === undefined) return;
      try {
        await pods.create(daemonTemplate(set, hash, nodeName));
      } catch (reason) {
        // The others would be refused as well, and nobody is to be told.
        if (!isNamespaceTerminating(reason)) throw reason;
      }
    });
    const deletions = await Promise.allSettled(
      remove.slice(0, burst).map((pod) => pods.delete(pod)),
    );
    const refused = deletions.find((result) => result.status === 'rejected');
    if (error !== undefined) return asError(error);
    return refused === undefined ? undefined : asError(refused.reason);
  }

  /** @returns after how many milliseconds time alone changes the status; undefined when it does not */
  async #report(
    set: ReadonlyDaemonSet,
    hash: string,
    collisions: number,
  ): Promise<number | undefined> {
    const { client, signal } = this.#context;
    const collisionCount = collisions === 0 ? set.status?.collisionCount : collisions;
    const { status, checkAgainInMs } = daemonSetStatus(this.#stateOf(set, hash), collisionCount);
    if (!deepEqual(set.status, status)) {
      // The object is not changed, only copied into the request.
      await client.updateStatus(DaemonSet, { ...(set as Stored<DaemonSet>), status }, { signal });
    }
    return checkAgainInMs;
  }
}

function hashOf({
  metadata,
}: {
  readonly metadata: { readonly labels?: Readonly<Record<string, string>> | undefined };
}): string {
  return metadata.labels?.[podRevisionLabel] ?? '';
}
