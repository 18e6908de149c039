import { isForbidden, isNotFound, Pod } from '@kubewright/apimachinery';
import { done, requeueAfter } from '@kubewright/runtime';
import type {
  Cached,
  EventRecorder,
  Manager,
  ReconcileContext,
  Request,
  Result,
} from '@kubewright/runtime';
import { readProblems } from '@kubewright/runtime/operator';
import { Foo, type FooStatus } from './api/foo.ts';
import { nextStatus, type Friend } from './foo-status.ts';

/** What a reconciler works with. */
export interface FooReconcilerOptions {
  readonly manager: Pick<Manager, 'cache' | 'clock'>;
  readonly recorder: EventRecorder;
  /** Told of each change of `status.happy` that was written. */
  readonly onChanged?: ((happy: boolean) => void) | undefined;
}

/** Pause after a missing permission, in milliseconds: somebody has to grant it. */
const deniedRetryMs = 30_000;

/**
 * Brings the status of one Foo to where it should be.
 *
 * Guarantees: what it writes depends on what is there alone, so that it may run again at any time, and a status that is right is not
 * written. An Event is recorded once for each change of `status.happy` that was written; an operator that is killed right after the write
 * leaves it out rather than record it twice.
 */
export class FooReconciler {
  readonly #options: FooReconcilerOptions;

  constructor(options: FooReconcilerOptions) {
    this.#options = options;
  }

  /** Whether a look at the Foo would change nothing. */
  isSettled(foo: Cached<Foo>): boolean {
    return this.#nextStatus(foo) === undefined;
  }

  /** One look at one Foo. */
  async reconcile({ namespace, name }: Request, context: ReconcileContext): Promise<Result> {
    const foo = context.cache.get(Foo.resource, { namespace, name });
    // One that is on its way out has no use for a status.
    if (foo === undefined || foo.metadata.deletionTimestamp !== undefined) return done();
    const status = this.#nextStatus(foo);
    if (status !== undefined) {
      try {
        await this.#write(foo, status, context);
      } catch (error) {
        if (isNotFound(error)) return done(); // deleted meanwhile
        if (!isForbidden(error)) throw error;
        context.logger.warn('a permission is missing', { error });
        const note = error.message;
        this.#record(foo, { type: 'Warning', reason: 'MissingPermission', note });
        return requeueAfter(deniedRetryMs);
      }
    }
    // Nothing tells when pods can be read again.
    return this.#friendOf(foo).type === 'unknown' ? requeueAfter(deniedRetryMs) : done();
  }

  #nextStatus(foo: Cached<Foo>): FooStatus | undefined {
    return nextStatus(foo, this.#friendOf(foo), new Date(this.#options.manager.clock.now()));
  }

  #friendOf({ metadata: { namespace }, spec }: Cached<Foo>): Friend {
    const { manager } = this.#options;
    const [problem] = readProblems(manager, namespace);
    if (problem !== undefined) return { type: 'unknown', problem };
    const pod = manager.cache.get(Pod, { namespace, name: spec.name });
    return { type: pod === undefined ? 'missing' : 'found' };
  }

  async #write(
    foo: Cached<Foo>,
    status: FooStatus,
    { client, logger, signal }: ReconcileContext,
  ): Promise<void> {
    const { name, namespace, uid, resourceVersion } = foo.metadata;
    await client.patch(
      Foo.resource,
      { name, namespace },
      // With the version that was read: a change in between is a conflict, and the decision is made anew.
      { type: 'merge', body: { metadata: { uid, resourceVersion }, status } },
      { subresource: 'status', signal },
    );
    const { happy } = status;
    if (happy === undefined || happy === foo.status?.happy) return;
    const friend = foo.spec.name;
    logger.info('happiness changed', { friend, happy });
    this.#options.onChanged?.(happy);
    this.#record(
      foo,
      happy
        ? { type: 'Normal', reason: 'FriendFound', note: `Found the friend ${friend}` }
        : { type: 'Normal', reason: 'FriendMissing', note: `There is no friend ${friend}` },
    );
  }

  #record(
    foo: Cached<Foo>,
    event: { readonly type: 'Normal' | 'Warning'; readonly reason: string; readonly note: string },
  ): void {
    this.#options.recorder.event(foo, { ...event, action: 'LookForFriend' });
  }
}
