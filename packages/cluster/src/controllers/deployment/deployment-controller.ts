import {
  controllerOf,
  deepEqual,
  Deployment,
  formatTime,
  fromLabelSelector,
  isAlreadyExists,
  ownerReference,
  Pod,
  ReplicaSet,
  type DeepReadonly,
  type Stored,
} from '@kubewright/apimachinery';
import {
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
import { claim } from '../ownership/claim.ts';
import { unlessMoot } from '../ownership/moot.ts';
import { watchOrphans } from '../ownership/orphans.ts';
import { isFinishedPod } from '../pods/pod-state.ts';
import { deploymentStatus, isComplete, withCondition } from './deployment-status.ts';
import {
  desiredReplicasAnnotation,
  inheritedAnnotations,
  isSameTemplate,
  maxReplicasAnnotation,
  podTemplateHashLabel,
  revisionAnnotation,
  revisionHistoryAnnotation,
  revisionOf,
  revisionsOf,
  templateHash,
  type Revisions,
} from './revision.ts';
import {
  byAge,
  isScalingEvent,
  newSize,
  rollingBounds,
  scaleDownOld,
  scaleProportionally,
  sizeOf,
  wantedReplicas,
  type Scale,
} from './rollout.ts';

type ReadonlyDeployment = DeepReadonly<Stored<Deployment>>;
type ReadonlyReplicaSet = DeepReadonly<Stored<ReplicaSet>>;

/** Rolls the pods of a Deployment from one template to the next. */
export function createDeploymentController(
  host: ControllerHost,
  events: CoreEventRecorder,
): Controller {
  return createController(host, {
    name: 'deployment',
    for: Deployment,
    owns: [ReplicaSet],
    watches: [
      watchOrphans(Deployment, ReplicaSet, selectorOf),
      // Under "Recreate" the next pods wait until the last of the old ones is gone.
      watch(Pod, {
        map: ({ type, object }) => {
          if (type !== 'deleted' && !isFinishedPod(object)) return [];
          const owner = controllerOf(object);
          const { namespace } = object.metadata;
          const set = owner && host.cache.get(ReplicaSet, { name: owner.name, namespace });
          const deployment = set && controllerOf(set);
          return deployment?.kind === 'Deployment' ? [{ namespace, name: deployment.name }] : [];
        },
      }),
    ],
    concurrency: 5,
    reconcile: (request, context) => unlessMoot(() => new Rollout(request, context, events).run()),
  });
}

function selectorOf({ spec }: ReadonlyDeployment): ReturnType<typeof fromLabelSelector> {
  return fromLabelSelector(spec?.selector ?? {});
}

/** One look at one Deployment. */
class Rollout {
  readonly #request: Request;
  readonly #context: ReconcileContext;
  readonly #events: CoreEventRecorder;

  constructor(request: Request, context: ReconcileContext, events: CoreEventRecorder) {
    this.#request = request;
    this.#context = context;
    this.#events = events;
  }

  async run(): Promise<Result> {
    const deployment = this.#context.cache.get(Deployment, this.#request);
    if (deployment === undefined) return done();
    const replicaSets = byAge(
      await claim({
        context: this.#context,
        owner: deployment,
        ownerResource: Deployment,
        childResource: ReplicaSet,
        selector: selectorOf(deployment),
      }),
    );
    const revisions = revisionsOf(deployment, replicaSets);
    if (deployment.metadata.deletionTimestamp === undefined) {
      if (deployment.spec?.paused === true || isScalingEvent(deployment, replicaSets)) {
        await this.#scaleAll(deployment, revisions);
      } else if (deployment.spec?.strategy?.type === 'Recreate') {
        await this.#recreate(deployment, revisions);
      } else {
        await this.#roll(deployment, revisions);
      }
    }
    return this.#report();
  }

  async #roll(deployment: ReadonlyDeployment, revisions: Revisions): Promise<void> {
    const newest = await this.#ensureNewest(deployment, revisions);
    const all = [...revisions.old, newest];
    const size = newSize(deployment, sizeOf(newest), all);
    if (size !== sizeOf(newest)) {
      await this.#scale(deployment, { replicaSet: newest, replicas: size });
      return; // the smaller steps follow when this one shows in the status
    }
    await this.#annotate(deployment, newest);
    for (const step of scaleDownOld(deployment, newest, revisions.old))
      await this.#scale(deployment, step);
    await this.#forgetHistory(deployment, revisions.old);
  }

  async #recreate(deployment: ReadonlyDeployment, revisions: Revisions): Promise<void> {
    const running = revisions.old.filter((set) => sizeOf(set) > 0);
    for (const replicaSet of running) await this.#scale(deployment, { replicaSet, replicas: 0 });
    if (running.length > 0 || this.#hasOldPods(revisions)) return;
    const newest = await this.#ensureNewest(deployment, revisions);
    if (sizeOf(newest) !== wantedReplicas(deployment)) {
      await this.#scale(deployment, { replicaSet: newest, replicas: wantedReplicas(deployment) });
    }
    await this.#forgetHistory(deployment, revisions.old);
  }

  #hasOldPods({ old }: Revisions): boolean {
    const uids = new Set(old.map((set) => set.metadata.uid));
    return this.#context.cache
      .list(Pod, { namespace: this.#request.namespace })
      .some((pod) => uids.has(controllerOf(pod)?.uid ?? '') && !isFinishedPod(pod));
  }

  async #scaleAll(deployment: ReadonlyDeployment, { newest, old }: Revisions): Promise<void> {
    for (const step of scaleProportionally(deployment, newest, old))
      await this.#scale(deployment, step);
    for (const set of newest === undefined ? old : [...old, newest]) {
      // Sizes that fit already still must carry the new bounds, or this would be a scaling event for ever.
      const fresh = this.#context.cache.get(ReplicaSet, {
        name: set.metadata.name,
        namespace: set.metadata.namespace,
      });
      if (fresh !== undefined && sizeOf(fresh) > 0) await this.#annotate(deployment, fresh);
    }
  }

  /** The ReplicaSet of the present template, made when it is not there, with the highest revision number. */
  async #ensureNewest(
    deployment: ReadonlyDeployment,
    { newest, old }: Revisions,
  ): Promise<ReadonlyReplicaSet> {
    const revision = String(Math.max(0, ...old.map(revisionOf)) + 1);
    if (newest === undefined) return this.#createNewest(deployment, old, revision);
    const current = revisionOf(newest);
    const isBehind = current < Number(revision);
    const next = isBehind ? Number(revision) : current;
    if (isBehind) {
      const history = newest.metadata.annotations?.[revisionHistoryAnnotation];
      const annotations = {
        [revisionAnnotation]: revision,
        ...(current > 0
          ? { [revisionHistoryAnnotation]: history ? `${history},${current}` : String(current) }
          : {}),
      };
      newest = await this.#patch(newest, { metadata: { annotations } });
    }
    await this.#noteRevision(deployment, String(next), undefined);
    return newest;
  }

  async #createNewest(
    deployment: ReadonlyDeployment,
    old: readonly ReadonlyReplicaSet[],
    revision: string,
  ): Promise<ReadonlyReplicaSet> {
    const { client, signal } = this.#context;
    const { name, namespace } = deployment.metadata;
    const collisions = deployment.status?.collisionCount ?? 0;
    // Copied, because the cache's own must not change.
    const spec = structuredClone(deployment.spec) as NonNullable<Deployment['spec']>;
    const hash = templateHash(spec.template, collisions);
    const labels = { ...spec.template.metadata?.labels, [podTemplateHashLabel]: hash };
    const replicas = newSize(deployment, 0, old);
    const replicaSet: ReplicaSet = {
      metadata: {
        name: `${name}-${hash}`,
        namespace,
        labels,
        annotations: {
          ...inheritedAnnotations(deployment),
          ...this.#bounds(deployment),
          [revisionAnnotation]: revision,
        },
        ownerReferences: [ownerReference(deployment)],
      },
      spec: {
        replicas,
        minReadySeconds: spec.minReadySeconds,
        selector: {
          ...spec.selector,
          matchLabels: { ...spec.selector.matchLabels, [podTemplateHashLabel]: hash },
        },
        template: { ...spec.template, metadata: { ...spec.template.metadata, labels } },
      },
    };
    let created: Stored<ReplicaSet>;
    try {
      created = await client.create(ReplicaSet, replicaSet, { signal });
    } catch (error) {
      if (!isAlreadyExists(error)) throw error;
      return this.#resolveCollision(deployment, replicaSet, error);
    }
    if (replicas > 0) this.#tellScaled(deployment, created.metadata.name, 0, replicas);
    await this.#noteRevision(deployment, revision, {
      reason: 'NewReplicaSetCreated',
      message: `Created new replica set "${created.metadata.name}"`,
    });
    return created;
  }

  /** Ours from a run that was cut off, or another's whose name is the same by chance: then the hash is changed. */
  async #resolveCollision(
    deployment: ReadonlyDeployment,
    wanted: ReplicaSet,
    error: unknown,
  ): Promise<ReadonlyReplicaSet> {
    const { client, signal } = this.#context;
    const { name = '', namespace } = wanted.metadata;
    const existing = await client.get(ReplicaSet, { name, namespace }, { signal });
    const isOurs =
      controllerOf(existing)?.uid === deployment.metadata.uid &&
      isSameTemplate(existing.spec?.template, deployment.spec?.template);
    if (isOurs) return existing;
    const status = {
      ...deployment.status,
      collisionCount: (deployment.status?.collisionCount ?? 0) + 1,
    };
    await this.#updateStatus(deployment, status);
    throw error;
  }

  /** Writes the revision, and how the rollout goes, in one update, as the status subresource of a Deployment allows. */
  async #noteRevision(
    deployment: ReadonlyDeployment,
    revision: string,
    progress: { readonly reason: string; readonly message: string } | undefined,
  ): Promise<void> {
    if (
      deployment.metadata.annotations?.[revisionAnnotation] === revision &&
      progress === undefined
    )
      return;
    const annotations = { ...deployment.metadata.annotations, [revisionAnnotation]: revision };
    const before = deployment.status?.conditions ?? [];
    const conditions =
      progress === undefined || deployment.spec?.progressDeadlineSeconds === undefined
        ? before
        : withCondition(
            before,
            { type: 'Progressing', status: 'True', ...progress },
            formatTime(new Date()),
          );
    await this.#updateStatus(
      { ...deployment, metadata: { ...deployment.metadata, annotations } },
      { ...deployment.status, conditions },
    );
  }

  #bounds(deployment: ReadonlyDeployment): Record<string, string> {
    const wanted = wantedReplicas(deployment);
    return {
      [desiredReplicasAnnotation]: String(wanted),
      [maxReplicasAnnotation]: String(wanted + rollingBounds(deployment).maxSurge),
    };
  }

  /** Hands on to a ReplicaSet what may change in the Deployment without a new template. */
  async #annotate(deployment: ReadonlyDeployment, set: ReadonlyReplicaSet): Promise<void> {
    const bounds = { ...inheritedAnnotations(deployment), ...this.#bounds(deployment) };
    const minReadySeconds = deployment.spec?.minReadySeconds ?? 0;
    const isRight =
      Object.entries(bounds).every(([key, value]) => set.metadata.annotations?.[key] === value) &&
      (set.spec?.minReadySeconds ?? 0) === minReadySeconds;
    if (isRight) return;
    await this.#patch(set, { metadata: { annotations: bounds }, spec: { minReadySeconds } });
  }

  async #scale(deployment: ReadonlyDeployment, { replicaSet, replicas }: Scale): Promise<void> {
    const from = sizeOf(replicaSet);
    await this.#patch(replicaSet, {
      metadata: { annotations: this.#bounds(deployment) },
      spec: { replicas },
    });
    this.#tellScaled(deployment, replicaSet.metadata.name, from, replicas);
  }

  async #patch(
    set: ReadonlyReplicaSet,
    change: { metadata: object; spec?: object },
  ): Promise<ReadonlyReplicaSet> {
    const { client, signal } = this.#context;
    const { name, namespace, uid, resourceVersion } = set.metadata;
    const body = { ...change, metadata: { ...change.metadata, uid, resourceVersion } };
    return client.patch(ReplicaSet, { name, namespace }, { type: 'merge', body }, { signal });
  }

  /** Deletes the oldest ReplicaSets that are empty, beyond the history that is kept. */
  async #forgetHistory(
    deployment: ReadonlyDeployment,
    old: readonly ReadonlyReplicaSet[],
  ): Promise<void> {
    const limit = deployment.spec?.revisionHistoryLimit ?? 10;
    if (!isComplete(deployment, deployment.status ?? {})) return;
    const empty = old.filter(
      ({ metadata, spec, status }) =>
        metadata.deletionTimestamp === undefined &&
        spec?.replicas === 0 &&
        (status?.replicas ?? 0) === 0 &&
        (status?.observedGeneration ?? 0) >= (metadata.generation ?? 0),
    );
    const surplus = [...empty]
      .sort((a, b) => revisionOf(a) - revisionOf(b))
      .slice(0, Math.max(0, empty.length - limit));
    const { client, signal } = this.#context;
    for (const {
      metadata: { name, namespace, uid },
    } of surplus) {
      await client.delete(
        ReplicaSet,
        { name, namespace },
        { preconditions: { uid }, propagationPolicy: 'Background', signal },
      );
    }
  }

  /** Writes the status from what the caches say now. */
  async #report(): Promise<Result> {
    const { cache } = this.#context;
    const { namespace } = this.#request;
    const deployment = cache.get(Deployment, this.#request);
    if (deployment === undefined) return done();
    const own = cache
      .list(ReplicaSet, { namespace })
      .filter((set) => controllerOf(set)?.uid === deployment.metadata.uid);
    const revisions = revisionsOf(deployment, byAge(own));
    const { status, checkAgainInMs } = deploymentStatus({
      deployment,
      ...revisions,
      nowMs: Date.now(),
    });
    if (!deepEqual(deployment.status ?? {}, status)) await this.#updateStatus(deployment, status);
    return checkAgainInMs === undefined ? done() : requeueAfter(checkAgainInMs);
  }

  async #updateStatus(
    deployment: ReadonlyDeployment,
    status: DeepReadonly<Deployment['status']>,
  ): Promise<void> {
    const { client, signal } = this.#context;
    // Copied into the request, not changed: dropping the mark is safe.
    await client.updateStatus(Deployment, { ...deployment, status } as Stored<Deployment>, {
      signal,
    });
  }

  #tellScaled(
    { apiVersion, kind, metadata }: ReadonlyDeployment,
    set: string,
    from: number,
    to: number,
  ): void {
    const { name, namespace, uid, resourceVersion } = metadata;
    this.#events.record({
      involvedObject: { kind, namespace, name, uid, apiVersion, resourceVersion },
      type: 'Normal',
      reason: 'ScalingReplicaSet',
      message: `Scaled ${to > from ? 'up' : 'down'} replica set ${set} from ${from} to ${to}`,
    });
  }
}
