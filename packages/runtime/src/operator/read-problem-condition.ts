import {
  isConflict,
  isNotFound,
  setCondition,
  type Condition,
  type DeepReadonly,
  type KubernetesObject,
  type Resource,
  type Stored,
} from '@kubewright/apimachinery';
import type { Cached } from '../cache/event-handler.ts';
import type { Manager } from '../manager/manager.ts';
import type { ReadProblem } from './report-read-problems.ts';

/** What of an object is read; the status is optional, and so are its conditions. */
type Conditioned = DeepReadonly<
  Stored<KubernetesObject & { status?: { conditions?: Condition[] } }>
>;

/** Sets a condition to `False` on objects whose operator cannot read what it needs, one object after the other. */
export class ReadProblemCondition<T extends KubernetesObject> {
  readonly #manager: Manager;
  readonly #resource: Resource<T>;
  readonly #type: string;
  readonly #stop = new AbortController();
  /** Objects that wait, by uid. Empty unless {@link #working} is under way. */
  readonly #waiting = new Map<
    string,
    { readonly object: Conditioned; readonly problem: ReadProblem }
  >();
  #working: Promise<void> | undefined;

  constructor(manager: Manager, resource: Resource<T>, type: string) {
    this.#manager = manager;
    this.#resource = resource;
    this.#type = type;
  }

  /** Writes in the background. */
  write(object: Cached<T>, problem: ReadProblem): void {
    if (this.#stop.signal.aborted) return;
    const conditioned = object as Conditioned; // as users of a condition have said
    this.#waiting.set(conditioned.metadata.uid, { object: conditioned, problem });
    this.#working ??= this.#work();
  }

  /** Ends the writing; may be repeated. */
  async stop(): Promise<void> {
    this.#stop.abort(new Error('the operator stops'));
    await this.#working;
  }

  async #work(): Promise<void> {
    for (const [uid, { object, problem }] of this.#waiting) {
      this.#waiting.delete(uid);
      try {
        await this.#writeOne(object, problem);
      } catch (error) {
        // Gone, or written by somebody else meanwhile: the Event tells it in any case.
        if (isNotFound(error) || isConflict(error) || this.#stop.signal.aborted) continue;
        this.#manager.logger.warn('what cannot be read could not be shown in the status', {
          error,
        });
      }
    }
    this.#working = undefined;
  }

  async #writeOne({ metadata, status }: Conditioned, problem: ReadProblem): Promise<void> {
    const { name, namespace, uid, resourceVersion, generation } = metadata;
    const { client, clock } = this.#manager;
    const conditions = setCondition(
      status?.conditions,
      {
        type: this.#type,
        status: 'False',
        ...problem,
        observedGeneration: generation,
      },
      new Date(clock.now()),
    );
    if (conditions === status?.conditions) return;
    await client.patch(
      this.#resource,
      { name, namespace },
      { type: 'merge', body: { metadata: { uid, resourceVersion }, status: { conditions } } },
      { subresource: 'status', signal: this.#stop.signal },
    );
  }
}
