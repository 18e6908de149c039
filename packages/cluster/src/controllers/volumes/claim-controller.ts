import {
  PersistentVolume,
  PersistentVolumeClaim,
  Pod,
  StorageClass,
  type DeepReadonly,
} from '@kubewright/apimachinery';
import {
  createController,
  done,
  watch,
  type Controller,
  type ControllerHost,
  type ReconcileContext,
  type Request,
} from '@kubewright/runtime';
import type { CoreEventRecorder } from '../../events/core-event-recorder.ts';
import { unlessMoot } from '../ownership/moot.ts';
import { isFinishedPod } from '../pods/pod-state.ts';
import { findVolume, isForClaim, mismatchOf, type ReadonlyClaim } from './match-volume.ts';
import { claimNamesOf } from './pod-claims.ts';
import { classNameOf, defaultClass, namesClass, waitsForConsumer } from './storage-class.ts';
import {
  betaStorageProvisioner,
  bindCompleted,
  boundByController,
  selectedNode,
  storageProvisioner,
} from './volume-annotations.ts';
import { bind, setClaimStatus } from './volume-binding.ts';

/** Milliseconds between two looks at every claim, as in the field's controller. */
const resyncMs = 15_000;
/** Provisioners of this name stand for classes whose volumes are made by hand. */
const noProvisioner = 'kubernetes.io/no-provisioner';

/** Finds a volume for each claim, or asks for one to be made, and says when one is lost. */
export function createClaimController(host: ControllerHost, events: CoreEventRecorder): Controller {
  const waiting = (isMeant: (claim: ReadonlyClaim) => boolean): Request[] =>
    host.cache
      .list(PersistentVolumeClaim)
      .filter((claim) => claim.status?.phase !== 'Bound' && isMeant(claim))
      .map(({ metadata: { name, namespace } }) => ({ name, namespace }));
  host.cache.informer(Pod);
  return createController(host, {
    name: 'persistentvolumeclaim-binder',
    for: PersistentVolumeClaim,
    watches: [
      watch(PersistentVolume, {
        map: ({ object }) => {
          const { name = '', namespace } = object.spec?.claimRef ?? {};
          if (name !== '') return [{ name, namespace }];
          return waiting((claim) => classNameOf(claim) === classNameOf(object));
        },
      }),
      watch(StorageClass, {
        map: ({ object }) =>
          waiting((claim) => !namesClass(claim) || classNameOf(claim) === object.metadata.name),
      }),
    ],
    // One volume is given away at a time.
    concurrency: 1,
    resyncMs,
    reconcile: (request, context) =>
      unlessMoot(async () => {
        const claim = context.cache.get(PersistentVolumeClaim, request);
        if (claim !== undefined) await new ClaimSync(claim, context, events).run();
        return done();
      }),
  });
}

/** One look at one claim. */
class ClaimSync {
  readonly #claim: ReadonlyClaim;
  readonly #context: ReconcileContext;
  readonly #events: CoreEventRecorder;

  constructor(claim: ReadonlyClaim, context: ReconcileContext, events: CoreEventRecorder) {
    this.#claim = claim;
    this.#context = context;
    this.#events = events;
  }

  async run(): Promise<void> {
    if (this.#claim.metadata.annotations?.[bindCompleted] !== undefined) await this.#keepBound();
    else if (this.#claim.spec?.volumeName) await this.#bindRequested(this.#claim.spec.volumeName);
    else await this.#bindBest();
  }

  async #keepBound(): Promise<void> {
    const { volumeName } = this.#claim.spec ?? {};
    if (!volumeName) {
      return this.#lose(
        'ClaimLost',
        'Bound claim has lost reference to PersistentVolume. Data on the volume is lost!',
      );
    }
    const volume = this.#context.cache.get(PersistentVolume, { name: volumeName });
    if (volume === undefined) {
      return this.#lose(
        'ClaimLost',
        'Bound claim has lost its PersistentVolume. Data on the volume is lost!',
      );
    }
    const { claimRef } = volume.spec ?? {};
    if (claimRef === undefined || claimRef.uid === this.#claim.metadata.uid) {
      return bind(volume, this.#claim, this.#context);
    }
    await this.#lose(
      'ClaimMisbound',
      'Two claims are bound to the same volume, this one is bound incorrectly',
    );
  }

  async #lose(reason: string, message: string): Promise<void> {
    if (this.#claim.status?.phase !== 'Lost') this.#tell('Warning', reason, message);
    await setClaimStatus(this.#claim, 'Lost', undefined, this.#context);
  }

  async #bindRequested(volumeName: string): Promise<void> {
    const volume = this.#context.cache.get(PersistentVolume, { name: volumeName });
    if (volume === undefined) return this.#stayPending();
    if (volume.spec?.claimRef === undefined) {
      const mismatch = mismatchOf(volume, this.#claim);
      if (mismatch === undefined) return bind(volume, this.#claim, this.#context);
      const message = `Cannot bind to requested volume "${volumeName}": ${mismatch}`;
      this.#tell('Warning', 'VolumeMismatch', message);
      return this.#stayPending();
    }
    if (isForClaim(volume, this.#claim)) return bind(volume, this.#claim, this.#context);
    const message = `volume "${volumeName}" already bound to a different claim.`;
    this.#tell('Warning', 'FailedBinding', message);
    if (this.#claim.metadata.annotations?.[boundByController] === undefined) {
      await this.#stayPending();
    }
  }

  async #bindBest(): Promise<void> {
    const { cache } = this.#context;
    const className = classNameOf(this.#claim);
    const storageClass =
      className === '' ? undefined : cache.get(StorageClass, { name: className });
    const isDelayed = waitsForConsumer(storageClass);
    const volume = findVolume(this.#claim, cache.list(PersistentVolume), {
      isReservedOnly: isDelayed,
    });
    if (volume !== undefined) return bind(volume, this.#claim, this.#context);
    if (await this.#takeDefaultClass()) return;
    if (isDelayed && this.#claim.metadata.annotations?.[selectedNode] === undefined) {
      this.#tellWhoIsWaitedFor();
    } else if (className !== '') {
      return this.#provision(className, storageClass);
    } else {
      const message = 'no persistent volumes available for this claim and no storage class is set';
      this.#tell('Normal', 'FailedBinding', message);
    }
    await this.#stayPending();
  }

  /** A claim from before there was a default class gets it later. */
  async #takeDefaultClass(): Promise<boolean> {
    if (namesClass(this.#claim)) return false;
    const { cache, client, signal } = this.#context;
    const storageClass = defaultClass(cache.list(StorageClass));
    if (storageClass === undefined) return false;
    const { name, namespace, uid, resourceVersion } = this.#claim.metadata;
    const body = {
      metadata: { uid, resourceVersion },
      spec: { storageClassName: storageClass.metadata.name },
    };
    await client.patch(
      PersistentVolumeClaim,
      { name, namespace },
      { type: 'merge', body },
      { signal },
    );
    return true;
  }

  #tellWhoIsWaitedFor(): void {
    const { name, namespace } = this.#claim.metadata;
    const pods = this.#context.cache
      .list(Pod, { namespace })
      .filter(
        (pod) => !pod.spec?.nodeName && !isFinishedPod(pod) && claimNamesOf(pod).includes(name),
      )
      .map((pod) => pod.metadata.name)
      .sort();
    if (pods.length === 0) {
      const message = 'waiting for first consumer to be created before binding';
      this.#tell('Normal', 'WaitForFirstConsumer', message);
    } else {
      const who = `${pods.length === 1 ? 'pod' : 'pods'} ${pods.join(',')}`;
      this.#tell('Normal', 'WaitForPodScheduled', `waiting for ${who} to be scheduled`);
    }
  }

  async #provision(
    className: string,
    storageClass: DeepReadonly<StorageClass> | undefined,
  ): Promise<void> {
    if (storageClass === undefined) {
      const message = `storageclass.storage.k8s.io "${className}" not found`;
      this.#tell('Warning', 'ProvisioningFailed', message);
      return;
    }
    const { provisioner } = storageClass;
    if (provisioner === noProvisioner) {
      const message = `no volume plugin matched name: ${noProvisioner}`;
      this.#tell('Warning', 'ProvisioningFailed', message);
      return;
    }
    const { name, namespace, uid, resourceVersion, annotations } = this.#claim.metadata;
    if (annotations?.[storageProvisioner] !== provisioner) {
      const { client, signal } = this.#context;
      const added = { [betaStorageProvisioner]: provisioner, [storageProvisioner]: provisioner };
      const body = { metadata: { uid, resourceVersion, annotations: added } };
      await client.patch(
        PersistentVolumeClaim,
        { name, namespace },
        { type: 'merge', body },
        { signal },
      );
    }
    this.#tell(
      'Normal',
      'ExternalProvisioning',
      `Waiting for a volume to be created either by the external provisioner '${provisioner}' or manually by the system administrator. If volume creation is delayed, please verify that the provisioner is running and correctly registered.`,
    );
  }

  async #stayPending(): Promise<void> {
    await setClaimStatus(this.#claim, 'Pending', undefined, this.#context);
  }

  #tell(type: 'Normal' | 'Warning', reason: string, message: string): void {
    this.#events.recordOn(this.#claim, type, reason, message);
  }
}
