import {
  isAlreadyExists,
  isConflict,
  isNamespaceTerminating,
  isNotFound,
  PersistentVolumeClaim,
  Pod,
  StatusError,
  type PodTemplateSpec,
} from '@kubewright/apimachinery';
import type { ReconcileContext } from '@kubewright/runtime';
import type { CoreEventRecorder } from '../../events/core-event-recorder.ts';
import { claimOwners, hasForeignController } from './claim-owners.ts';
import {
  claimNameOf,
  ordinalOf,
  podNameOf,
  type ReadonlyPod,
  type ReadonlySet,
} from './ordinals.ts';
import { newClaims, newPod, withIdentityAndStorage } from './stateful-pod.ts';
import type { Step } from './stateful-set-plan.ts';

/** What the steps of one look at a StatefulSet are taken with. */
export interface SetActionsOptions {
  readonly set: ReadonlySet;
  /** Name and template of the revision a new pod of an ordinal gets. */
  readonly revisionFor: (ordinal: number) => {
    readonly name: string;
    readonly template: PodTemplateSpec;
  };
  readonly context: Pick<ReconcileContext, 'client' | 'cache' | 'signal'>;
  readonly events: CoreEventRecorder;
}

type Verb = 'Create' | 'Update' | 'Delete';

/** Takes the steps of a plan and tells of them in the words of the field's controller. */
export class SetActions {
  readonly #options: SetActionsOptions;

  constructor(options: SetActionsOptions) {
    this.#options = options;
  }

  /** Takes one step; may be repeated. */
  async take(step: Step): Promise<void> {
    switch (step.type) {
      case 'create':
        return this.#create(step.ordinal);
      case 'delete':
        return this.#delete(step.pod);
      case 'ensureClaims':
        await this.#createClaims(ordinalOf(this.#options.set, step.pod) ?? -1);
        return this.#told('Update', step.pod.metadata.name, () => this.#ownClaims(step.pod));
      case 'repair':
        return this.#repair(step.pod);
      case 'ownClaims':
        return this.#ownClaims(step.pod);
      default:
        step satisfies never;
    }
  }

  async #create(ordinal: number): Promise<void> {
    const { set, revisionFor, context } = this.#options;
    const { client, signal } = context;
    const pod = newPod(set, ordinal, revisionFor(ordinal));
    await this.#told('Create', podNameOf(set, ordinal), async () => {
      await this.#createClaims(ordinal);
      const created = await client.create(Pod, pod, { signal });
      await this.#ownClaims(created);
    });
    this.#tell('Normal', 'Create', podNameOf(set, ordinal));
  }

  async #delete(pod: ReadonlyPod): Promise<void> {
    const { client, signal } = this.#options.context;
    const { name, namespace, uid } = pod.metadata;
    await this.#told('Delete', name, async () => {
      try {
        await client.delete(Pod, { name, namespace }, { preconditions: { uid }, signal });
      } catch (error) {
        if (!isNotFound(error)) throw error;
      }
    });
    this.#tell('Normal', 'Delete', name);
  }

  async #repair(pod: ReadonlyPod): Promise<void> {
    const { set, context } = this.#options;
    const { client, signal } = context;
    await this.#told('Update', pod.metadata.name, async () => {
      await this.#createClaims(ordinalOf(set, pod) ?? -1);
      await this.#ownClaims(pod);
      await client.update(Pod, withIdentityAndStorage(set, pod), { signal });
    });
    this.#tell('Normal', 'Update', pod.metadata.name);
  }

  async #createClaims(ordinal: number): Promise<void> {
    const { set, context, events } = this.#options;
    const { client, cache, signal } = context;
    const pod = podNameOf(set, ordinal);
    for (const claim of newClaims(set, ordinal)) {
      const { name = '', namespace } = claim.metadata;
      const present = cache.get(PersistentVolumeClaim, { name, namespace });
      if (present?.metadata.deletionTimestamp !== undefined) {
        throw new Error(`pvc ${name} is being deleted`);
      }
      if (present !== undefined) continue;
      const what = `Create Claim ${name}`;
      try {
        await client.create(PersistentVolumeClaim, claim, { signal });
        events.recordOn(
          set,
          'Normal',
          'SuccessfulCreate',
          `${what} Pod ${pod} in StatefulSet ${set.metadata.name} success`,
        );
      } catch (error) {
        if (!isAlreadyExists(error) && !isNamespaceTerminating(error)) {
          events.recordOn(
            set,
            'Warning',
            'FailedCreate',
            `${what} for Pod ${pod} in StatefulSet ${set.metadata.name} failed error: ${textOf(error)}`,
          );
        }
        throw new ClaimError(`failed to create PVC ${name}: ${textOf(error)}`, { cause: error });
      }
    }
  }

  async #ownClaims(pod: ReadonlyPod): Promise<void> {
    const { set, context, events } = this.#options;
    const { client, cache, signal } = context;
    const ordinal = ordinalOf(set, pod) ?? -1;
    const { name: podName, uid: podUid } = pod.metadata;
    for (const { metadata } of set.spec?.volumeClaimTemplates ?? []) {
      const reference = {
        name: claimNameOf(set, metadata.name ?? '', ordinal),
        namespace: set.metadata.namespace,
      };
      const claim = cache.get(PersistentVolumeClaim, reference);
      if (claim === undefined) continue;
      if (hasForeignController(claim, set, { name: podName, uid: podUid })) {
        events.recordOn(
          set,
          'Warning',
          'ConflictingController',
          `PersistentVolumeClaim ${reference.name} has a conflicting OwnerReference that acts as a manging controller, the retention policy is ignored for this claim`,
        );
      }
      const ownerReferences = claimOwners(claim, set, pod);
      if (ownerReferences === undefined) continue;
      const { uid, resourceVersion } = claim.metadata;
      const body = { metadata: { uid, resourceVersion, ownerReferences } };
      await client.patch(PersistentVolumeClaim, reference, { type: 'merge', body }, { signal });
    }
  }

  /** Does something to a pod; a failure is told and thrown. */
  async #told(verb: Verb, pod: string, act: () => Promise<void>): Promise<void> {
    try {
      await act();
    } catch (error) {
      // A pod of this name that is still there, or a stale cache, is no news: the next look decides.
      const cause = error instanceof ClaimError ? error.cause : error;
      if (!isAlreadyExists(cause) && !isConflict(cause) && !isNamespaceTerminating(cause)) {
        this.#tell('Warning', verb, pod, textOf(error));
      }
      throw cause instanceof StatusError ? cause : error;
    }
  }

  #tell(type: 'Normal' | 'Warning', verb: Verb, pod: string, failure?: string): void {
    const { set, events } = this.#options;
    const what = `${verb} Pod ${pod} in StatefulSet ${set.metadata.name}`;
    const [outcome, rest] =
      failure === undefined ? ['Successful', 'successful'] : ['Failed', `failed error: ${failure}`];
    events.recordOn(set, type, `${outcome}${verb}`, `${what} ${rest}`);
  }
}

/** A claim of a pod could not be made; the cause is the server's refusal. */
class ClaimError extends Error {
  override readonly name = 'ClaimError';
}

/** The server's own words, without what was tried. */
function textOf(error: unknown): string {
  if (error instanceof StatusError) return error.status.message ?? error.message;
  return error instanceof Error ? error.message : String(error);
}
