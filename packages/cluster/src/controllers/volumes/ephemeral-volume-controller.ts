import {
  ownerReference,
  PersistentVolumeClaim,
  Pod,
  type DeepReadonly,
  type Stored,
  type Volume,
} from '@kubewright/apimachinery';
import {
  createController,
  done,
  watch,
  type Controller,
  type ControllerHost,
  type ReconcileContext,
} from '@kubewright/runtime';
import type { CoreEventRecorder } from '../../events/core-event-recorder.ts';
import { unlessMoot } from '../ownership/moot.ts';
import { messageOf } from '../pods/pod-control.ts';
import { claimNameOfVolume, isClaimForPod } from './pod-claims.ts';

type ReadonlyPod = DeepReadonly<Stored<Pod>>;

const hasEphemeral = ({ spec }: ReadonlyPod): boolean =>
  (spec?.volumes ?? []).some(({ ephemeral }) => ephemeral !== undefined);

/** Makes the claims of volumes that live as long as their pod. They go with it, since it owns them. */
export function createEphemeralVolumeController(
  host: ControllerHost,
  events: CoreEventRecorder,
): Controller {
  return createController(host, {
    name: 'ephemeral-volume',
    for: {
      resource: Pod,
      // What a pod wants of its volumes does not change.
      predicates: [({ type, object }) => type === 'added' && hasEphemeral(object)],
    },
    watches: [
      // A claim that somebody deleted is made again.
      watch(PersistentVolumeClaim, {
        map: ({ type, object: { metadata } }) => {
          if (type !== 'deleted') return [];
          const { namespace, name } = metadata;
          return host.cache
            .list(Pod, { namespace })
            .filter((pod) =>
              (pod.spec?.volumes ?? []).some(
                (volume) =>
                  volume.ephemeral !== undefined && claimNameOfVolume(pod, volume) === name,
              ),
            )
            .map((pod) => ({ namespace, name: pod.metadata.name }));
        },
      }),
    ],
    reconcile: (request, context) =>
      unlessMoot(async () => {
        const pod = context.cache.get(Pod, request);
        if (pod === undefined || pod.metadata.deletionTimestamp !== undefined) return done();
        for (const volume of pod.spec?.volumes ?? []) {
          if (volume.ephemeral === undefined) continue;
          try {
            await ensureClaim(pod, volume, context);
          } catch (error) {
            const text = `ephemeral volume ${volume.name}: ${messageOf(error)}`;
            events.recordOn(pod, 'Warning', 'FailedBinding', text);
            throw error;
          }
        }
        return done();
      }),
  });
}

/** @throws Error when a claim of that name belongs to somebody else */
async function ensureClaim(
  pod: ReadonlyPod,
  volume: DeepReadonly<Volume>,
  { cache, client, signal }: ReconcileContext,
): Promise<void> {
  const { namespace = '' } = pod.metadata;
  const name = claimNameOfVolume(pod, volume) ?? '';
  const present = cache.get(PersistentVolumeClaim, { namespace, name });
  if (present !== undefined) {
    if (isClaimForPod(present, pod)) return;
    throw new Error(
      `PVC ${namespace}/${name} was not created for pod ${namespace}/${pod.metadata.name} (pod is not owner)`,
    );
  }
  // A deep copy: nothing of a cached template is handed on to be changed.
  const { metadata, spec } = structuredClone(
    volume.ephemeral?.volumeClaimTemplate ?? {},
  ) as Partial<PersistentVolumeClaim>;
  const { labels, annotations } = metadata ?? {};
  const claim: PersistentVolumeClaim = {
    metadata: { namespace, name, labels, annotations, ownerReferences: [ownerReference(pod)] },
    spec,
  };
  try {
    await client.create(PersistentVolumeClaim, claim, { signal });
  } catch (error) {
    throw new Error(`create PVC ${name}: ${messageOf(error)}`, { cause: error });
  }
}
