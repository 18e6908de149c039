import { PersistentVolume, PersistentVolumeClaim } from '@kubewright/apimachinery';
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
import { differsInMode, type ReadonlyVolume } from './match-volume.ts';
import { provisionedBy } from './volume-annotations.ts';
import { claimOfVolume, setPhase, unbind } from './volume-binding.ts';

/** Milliseconds between two looks at every volume, as in the field's controller. */
const resyncMs = 15_000;

/** Keeps the phase of each volume, and has volumes deleted whose claim is gone, if they say so. */
export function createVolumeController(
  host: ControllerHost,
  events: CoreEventRecorder,
): Controller {
  return createController(host, {
    name: 'persistentvolume-binder',
    for: PersistentVolume,
    watches: [
      watch(PersistentVolumeClaim, {
        map: ({ object }) =>
          host.cache
            .list(PersistentVolume)
            .filter(
              ({ spec }) =>
                spec?.claimRef?.name === object.metadata.name &&
                spec.claimRef.namespace === object.metadata.namespace,
            )
            .map(({ metadata }) => ({ name: metadata.name })),
      }),
    ],
    concurrency: 1,
    resyncMs,
    reconcile: (request, context) =>
      unlessMoot(async () => {
        const volume = context.cache.get(PersistentVolume, request);
        if (volume !== undefined) await sync(volume, context, events);
        return done();
      }),
  });
}

async function sync(
  volume: ReadonlyVolume,
  context: ReconcileContext,
  events: CoreEventRecorder,
): Promise<void> {
  // Without a claim, or reserved for one that the claim's own controller has to bind.
  if (!volume.spec?.claimRef?.uid) {
    await setPhase(volume, { phase: 'Available' }, context);
    return;
  }
  const claim = await claimOfVolume(volume, context);
  const isProvisioned = volume.metadata.annotations?.[provisionedBy] !== undefined;
  if (claim === undefined) {
    await release(volume, context, events);
  } else if (claim.spec?.volumeName === volume.metadata.name) {
    await setPhase(volume, { phase: 'Bound' }, context);
  } else if (!claim.spec?.volumeName) {
    if (!differsInMode(volume, claim)) return; // the claim's own controller will bind it
    const { name } = volume.metadata;
    const words = 'due to incompatible volumeMode.';
    events.recordOn(
      volume,
      'Warning',
      'VolumeMismatch',
      `Cannot bind PersistentVolume to requested PersistentVolumeClaim "${claim.metadata.name}" ${words}`,
    );
    events.recordOn(
      claim,
      'Warning',
      'VolumeMismatch',
      `Cannot bind PersistentVolume "${name}" to requested PersistentVolumeClaim ${words}`,
    );
  } else if (isProvisioned && volume.spec.persistentVolumeReclaimPolicy === 'Delete') {
    await release(volume, context, events); // made for a claim that found another one
  } else {
    await unbind(volume, context);
  }
}

/** The claim is gone: what was provisioned is deleted by its provisioner, the rest is for the administrator. */
async function release(
  volume: ReadonlyVolume,
  context: ReconcileContext,
  events: CoreEventRecorder,
): Promise<void> {
  const isReleased = volume.status?.phase === 'Released' || volume.status?.phase === 'Failed';
  const released = isReleased ? volume : await setPhase(volume, { phase: 'Released' }, context);
  const isProvisioned = volume.metadata.annotations?.[provisionedBy] !== undefined;
  if (volume.spec?.persistentVolumeReclaimPolicy !== 'Delete' || isProvisioned) return;
  if (volume.spec.csi !== undefined || released.status?.phase === 'Failed') return;
  // Real controllers delete what is under /tmp; a folder of the user's own machine is not ours to delete.
  const message =
    volume.spec.hostPath === undefined
      ? `error getting deleter volume plugin for volume "${volume.metadata.name}": no volume plugin matched`
      : `host_path deleter only supports /tmp/.+ but received provided ${volume.spec.hostPath.path}`;
  await setPhase(released, { phase: 'Failed', message }, context);
  events.recordOn(volume, 'Warning', 'VolumeFailedDelete', message);
}
