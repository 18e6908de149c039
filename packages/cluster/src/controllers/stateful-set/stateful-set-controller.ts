import {
  ControllerRevision,
  deepEqual,
  fromLabelSelector,
  PersistentVolumeClaim,
  Pod,
  StatefulSet,
  type PodTemplateSpec,
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
import { claim } from '../ownership/claim.ts';
import { unlessMoot } from '../ownership/moot.ts';
import { watchOrphans } from '../ownership/orphans.ts';
import { slowStart } from '../pods/slow-start.ts';
import { templateOf } from '../revisions/controller-revision.ts';
import { ensureRevision, forgetRevisions } from '../revisions/revision-history.ts';
import { ordinalOf, ordinalRange, type ReadonlyPod, type ReadonlySet } from './ordinals.ts';
import { revisionOfPod } from './stateful-pod.ts';
import { SetActions } from './stateful-set-actions.ts';
import { planSet, type Step } from './stateful-set-plan.ts';
import { statefulSetStatus, type SetRevisions } from './stateful-set-status.ts';

/** Keeps pods with lasting names and claims, in the order and of the revision that a StatefulSet asks for. */
export function createStatefulSetController(
  host: ControllerHost,
  events: CoreEventRecorder,
): Controller {
  // Read only: a claim that changes is looked at with its pod, as by the field's controller.
  host.cache.informer(PersistentVolumeClaim);
  return createController(host, {
    name: 'statefulset',
    for: StatefulSet,
    owns: [Pod, ControllerRevision],
    watches: [
      watchOrphans(StatefulSet, Pod, selectorOf),
      watchOrphans(StatefulSet, ControllerRevision, selectorOf),
      // A pod of a removed ordinal takes its claims along; the ordinal may come back only after them.
      watch(PersistentVolumeClaim, {
        map: ({ type, object }) => {
          if (type !== 'deleted') return [];
          const { name, namespace } = object.metadata;
          return host.cache
            .list(StatefulSet, { namespace })
            .filter(({ spec, metadata }) =>
              (spec?.volumeClaimTemplates ?? []).some(
                (template) =>
                  ordinalOf(
                    { metadata: { name: `${template.metadata.name ?? ''}-${metadata.name}` } },
                    { metadata: { name } },
                  ) !== undefined,
              ),
            )
            .map((set) => ({ namespace, name: set.metadata.name }));
        },
      }),
    ],
    concurrency: 5,
    reconcile: (request, context) => unlessMoot(() => new SetSync(request, context, events).run()),
  });
}

function selectorOf(set: ReadonlySet): ReturnType<typeof fromLabelSelector> {
  return fromLabelSelector(set.spec?.selector ?? {});
}

/** One look at one StatefulSet. */
class SetSync {
  readonly #request: Request;
  readonly #context: ReconcileContext;
  readonly #events: CoreEventRecorder;

  constructor(request: Request, context: ReconcileContext, events: CoreEventRecorder) {
    this.#request = request;
    this.#context = context;
    this.#events = events;
  }

  async run(): Promise<Result> {
    const set = this.#context.cache.get(StatefulSet, this.#request);
    if (set === undefined) return done();
    const ownership = {
      context: this.#context,
      owner: set,
      ownerResource: StatefulSet,
      selector: selectorOf(set),
    };
    const revisions = await claim({ ...ownership, childResource: ControllerRevision });
    const pods = await claim({
      ...ownership,
      childResource: Pod,
      isMember: (pod) => ordinalOf(set, pod) !== undefined,
    });
    const { revision: update, collisionCount } = await ensureRevision(
      {
        object: set,
        template: set.spec?.template,
        collisionCount: set.status?.collisionCount ?? 0,
      },
      revisions,
      this.#context,
    );
    const current =
      revisions.find(({ metadata }) => metadata.name === set.status?.currentRevision) ?? update;
    const names: SetRevisions = {
      current: current.metadata.name,
      update: update.metadata.name,
      collisionCount,
    };
    const failure = await this.#act(set, pods, names, {
      current: templateOf(current),
      update: templateOf(update),
    });
    const result = await this.#report(set, names);
    const inUse = new Set([names.current, names.update, ...pods.map(revisionOfPod)]);
    await forgetRevisions(revisions, inUse, set.spec?.revisionHistoryLimit ?? 10, this.#context);
    if (failure !== undefined) throw failure;
    return result;
  }

  /** Takes the steps that are due; gives back the first failure, so that the status can be written before it is thrown. */
  async #act(
    set: ReadonlySet,
    pods: readonly ReadonlyPod[],
    names: SetRevisions,
    templates: { readonly current: PodTemplateSpec; readonly update: PodTemplateSpec },
  ): Promise<Error | undefined> {
    const { cache } = this.#context;
    const { namespace } = set.metadata;
    const partition = set.spec?.updateStrategy?.rollingUpdate?.partition ?? 0;
    const firstUpdated = ordinalRange(set).first + partition;
    const actions = new SetActions({
      set,
      context: this.#context,
      events: this.#events,
      revisionFor: (ordinal) =>
        ordinal < firstUpdated
          ? { name: names.current, template: templates.current }
          : { name: names.update, template: templates.update },
    });
    const plan = planSet({
      set,
      pods,
      claimOf: (name) => cache.get(PersistentVolumeClaim, { name, namespace }),
      updateRevision: names.update,
      nowMs: Date.now(),
    });
    for (const stage of plan) {
      const failure = await this.#takeStage(set, stage, actions);
      if (failure !== undefined) return failure;
    }
    return undefined;
  }

  async #takeStage(
    set: ReadonlySet,
    stage: readonly Step[],
    actions: SetActions,
  ): Promise<Error | undefined> {
    const left = [...stage];
    const takeNext = async (): Promise<void> => {
      const step = left.shift();
      if (step !== undefined) await actions.take(step);
    };
    if (set.spec?.podManagementPolicy === 'Parallel') {
      const { error } = await slowStart(stage.length, takeNext);
      return error === undefined ? undefined : asError(error);
    }
    try {
      while (left.length > 0) await takeNext();
    } catch (error) {
      return asError(error);
    }
    return undefined;
  }

  /** Writes the status from what the cache says now: what was just made or deleted counts already. */
  async #report(set: ReadonlySet, names: SetRevisions): Promise<Result> {
    const { cache, client, signal } = this.#context;
    const pods = cache
      .list(Pod, { index: { name: controllerUidIndex, value: set.metadata.uid } })
      .filter((pod) => ordinalOf(set, pod) !== undefined);
    const { status, checkAgainInMs } = statefulSetStatus(set, pods, names, Date.now());
    if (!deepEqual(set.status, status)) {
      // The object is not changed, only copied into the request.
      await client.updateStatus(
        StatefulSet,
        { ...(set as Stored<StatefulSet>), status },
        { signal },
      );
    }
    return checkAgainInMs === undefined ? done() : requeueAfter(checkAgainInMs);
  }
}

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(String(reason));
}
