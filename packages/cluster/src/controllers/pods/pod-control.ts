import {
  isNamespaceTerminating,
  isNotFound,
  ownerReference,
  Pod,
  StatusError,
  type DeepReadonly,
  type KubernetesObject,
  type PodTemplateSpec,
  type Stored,
} from '@kubewright/apimachinery';
import type { ReconcileContext } from '@kubewright/runtime';
import type { CoreEventRecorder } from '../../events/core-event-recorder.ts';

/** For whom pods are made and deleted. */
export interface PodControlOptions {
  /** The controlling owner of the pods; Events are about it. */
  readonly owner: DeepReadonly<Stored<KubernetesObject>>;
  readonly context: Pick<ReconcileContext, 'client' | 'signal'>;
  readonly events: CoreEventRecorder;
}

/** Makes and deletes the pods of one owner, and tells of it in the words of the field's controllers. */
export class PodControl {
  readonly #options: PodControlOptions;

  constructor(options: PodControlOptions) {
    this.#options = options;
  }

  /**
   * Makes a pod from a template, which stays as it is.
   *
   * @param prefix what its name begins with. Default: the name of the owner and a hyphen
   */
  async create(
    template: DeepReadonly<PodTemplateSpec> | undefined,
    prefix?: string,
  ): Promise<Stored<Pod>> {
    const { owner, context, events } = this.#options;
    const { name, namespace } = owner.metadata;
    // A deep copy: nothing of a cached template is handed on to be changed.
    const { metadata, spec } = structuredClone(template ?? {}) as PodTemplateSpec;
    const { labels, annotations, finalizers } = metadata ?? {};
    const pod: Pod = {
      metadata: {
        generateName: prefix ?? `${name}-`,
        namespace,
        labels,
        annotations,
        finalizers,
        ownerReferences: [ownerReference(owner)],
      },
      spec,
    };
    try {
      const created = await context.client.create(Pod, pod, { signal: context.signal });
      const text = `Created pod: ${created.metadata.name}`;
      events.recordOn(owner, 'Normal', 'SuccessfulCreate', text);
      return created;
    } catch (error) {
      // A namespace on its way out refuses everything: no news to its owner.
      if (!isNamespaceTerminating(error)) {
        const text = `Error creating: ${messageOf(error)}`;
        events.recordOn(owner, 'Warning', 'FailedCreate', text);
      }
      throw error;
    }
  }

  /** Deletes a pod; one that is gone already, or was replaced by another of its name, is no error. */
  async delete(pod: DeepReadonly<Stored<Pod>>): Promise<void> {
    const { owner, context, events } = this.#options;
    const { name, namespace, uid } = pod.metadata;
    try {
      const options = { preconditions: { uid }, signal: context.signal };
      await context.client.delete(Pod, { name, namespace }, options);
      events.recordOn(owner, 'Normal', 'SuccessfulDelete', `Deleted pod: ${name}`);
    } catch (error) {
      if (isNotFound(error)) return;
      const text = `Error deleting: ${messageOf(error)}`;
      events.recordOn(owner, 'Warning', 'FailedDelete', text);
      throw error;
    }
  }
}

/** What an error says, for Events and conditions: the server's own words, without what was tried. */
export function messageOf(error: unknown): string {
  if (error instanceof StatusError) return error.status.message ?? error.message;
  return error instanceof Error ? error.message : String(error);
}
