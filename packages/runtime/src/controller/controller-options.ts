import type { KubernetesObject, Resource } from '@kubewright/apimachinery';
import type { Client } from '@kubewright/client';
import type { Cache } from '../cache/cache.ts';
import type { Clock } from '../clock/clock.ts';
import type { Logger } from '../logging/logger.ts';
import type { Instruments } from '../metrics/instruments.ts';
import type { RateLimiter } from '../queue/rate-limiter.ts';
import type { Request } from './request.ts';
import type { Result } from './result.ts';
import type { Source, SourceOptions } from './source.ts';

/** What a controller needs of its manager. */
export interface ControllerHost {
  readonly client: Client;
  readonly cache: Cache;
  readonly logger: Logger;
  readonly instruments: Instruments;
  readonly clock: Clock;
}

/** What one reconcile works with. */
export interface ReconcileContext {
  /**
   * Aborts when the reconcile must end: shutdown after the grace time, lost lease, time limit. Pass it to whatever waits.
   * Its reason says which.
   */
  readonly signal: AbortSignal;
  /** Adds controller, namespace, name and an id of this reconcile to each message. */
  readonly logger: Logger;
  /**
   * A client whose calls end with {@link signal}, and whose writes the cache shows at once.
   *
   * A write that would change nothing is not sent but counted (`kubewright_noop_writes_total`), and answered with the cached object:
   * - `update`, `updateStatus`: of the very object that the cache shows, at its resourceVersion
   * - `patch` of type `merge` and `json`: when the cached object comes out of it the same; `strategic` is always sent
   * - `apply`: of what this controller applied last, as the same manager, while the object has the version that came of it
   *
   * It is sent in any case when no informer keeps the object whole (a `transform` leaves parts out), when that informer is out of touch with the
   * server, and when this reconcile has read objects of the resource from the server, or met a conflict: it may know more than the cache.
   * To write no matter what, use the client of the manager.
   */
  readonly client: Client;
  readonly cache: Cache;
}

/** Brings the cluster nearer to what one object asks for. Called again and again, so it looks at how things are, not at what happened. */
export type Reconcile = (request: Request, context: ReconcileContext) => Promise<Result>;

/** Options of {@link createController}. */
export interface ControllerOptions<T extends KubernetesObject> {
  /** In logs and metrics; unique in the process. */
  readonly name: string;
  /** The objects that are reconciled: a request for each event of theirs. */
  readonly for: Resource<T> | SourceOptions<T>;
  /** Resources whose objects have one of these as their controlling owner: a request for the owner. Default: none. */
  readonly owns?: readonly (Resource | SourceOptions<KubernetesObject>)[];
  /** Further sources of requests, made with `watch`. Default: none. */
  readonly watches?: readonly Source[];
  /** Reconciles at a time, each of another object. Default 1. */
  readonly concurrency?: number;
  readonly reconcile: Reconcile;
  /** Milliseconds after which a reconcile is aborted and retried. Default: no limit. */
  readonly reconcileTimeoutMs?: number;
  /** Keeps failing objects back. Default: exponential, 5 ms to 1000 s. */
  readonly rateLimiter?: RateLimiter<string>;
  /** Milliseconds between looks at every object although nothing happened, at low priority. Default: never. */
  readonly resyncMs?: number;
  /** Milliseconds that aborted reconciles have to end at the stop before the controller gives up on them. Default 5000. */
  readonly abandonAfterMs?: number;
  /** Work only while this process leads, when there is an election. Default true. */
  readonly needsLeaderElection?: boolean;
}
