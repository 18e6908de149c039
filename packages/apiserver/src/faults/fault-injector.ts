import { StatusError, type Status } from '@kubewright/apimachinery';
import type { Clock, ServerResponse, UserInfo } from '../contracts.ts';
import { answerError } from '../handler/answer.ts';
import type { Interception } from '../handler/api-handler.ts';
import type { RequestInfo } from '../handler/request-info.ts';
import type { MemoryStore } from '../storage/memory-store.ts';
import { pause } from '../watch/pause.ts';
import type { WatchCut, WatchRegistry } from '../watch/watch-registry.ts';

/** The requests that a fault strikes. Fields left out match all. */
export interface FaultMatch {
  /** As in RBAC: `create`, `watch`. */
  readonly verb?: string | undefined;
  /** API group; the empty text for the core group. */
  readonly group?: string | undefined;
  /** Plural, such as `pods`. */
  readonly resource?: string | undefined;
  /** Such as `status`; the empty text for the object itself. */
  readonly subresource?: string | undefined;
  /** Namespace in the URL. */
  readonly namespace?: string | undefined;
  /** Name in the URL. */
  readonly name?: string | undefined;
  /** Whatever else tells the requests apart. */
  readonly when?: ((info: RequestInfo, user: UserInfo) => boolean) | undefined;
}

/** What a fault does to the requests it strikes. */
export interface Fault {
  readonly match?: FaultMatch | undefined;
  /** Wait before the request is handled, in milliseconds of the server's clock. Default 0. */
  readonly latencyMs?: number | undefined;
  /** Answer this refusal instead of handling the request. Its `code` is the HTTP status. */
  readonly status?: (Partial<Status> & { readonly code: number }) | undefined;
  /** Break the connection instead of answering. */
  readonly reset?: boolean | undefined;
  /** Handle the request, then lose the answer: the write happened, the client sees a broken connection. */
  readonly loseAnswer?: boolean | undefined;
  /** How many requests it strikes before it is spent. Default: all, until it is removed. */
  readonly times?: number | undefined;
}

/** Reasons of refusals that name none. */
const REASONS: Readonly<Record<number, string>> = {
  400: 'BadRequest',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'NotFound',
  409: 'Conflict',
  410: 'Expired',
  422: 'Invalid',
  429: 'TooManyRequests',
  500: 'InternalError',
  503: 'ServiceUnavailable',
  504: 'Timeout',
};

interface ActiveFault {
  readonly fault: Fault;
  /** Strikes left; infinite when not limited. */
  left: number;
  struck: number;
}

/** A fault that was injected; disposing removes it. */
export interface InjectedFault extends Disposable {
  /** How many requests it has struck. */
  readonly struck: number;
}

function strikes(match: FaultMatch | undefined, info: RequestInfo, user: UserInfo): boolean {
  if (match === undefined) return true;
  const { when, ...facts } = match;
  for (const [key, wanted] of Object.entries(facts)) {
    // The keys of FaultMatch but `when` are members of RequestInfo.
    if (wanted !== undefined && info[key as 'verb'] !== wanted) return false;
  }
  return when === undefined || when(info, user);
}

function refusalOf(status: NonNullable<Fault['status']>): StatusError {
  return new StatusError({
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message: `injected fault ${status.code}`,
    reason: REASONS[status.code] ?? 'Unknown',
    ...status,
  });
}

/** The socket side of the server. */
export interface Listening {
  /** Stops listening, if it did, and cuts every connection. */
  suspend(): Promise<void>;
  /** Listens again where it did. */
  resume(): Promise<void>;
}

/** What {@link FaultInjector} works on. */
export interface FaultInjectorOptions {
  readonly clock: Clock;
  readonly store: MemoryStore;
  /** The open watches, which it can cut. */
  readonly watches: WatchRegistry;
  readonly listening: Listening;
}

/** Breaks the server on purpose, so that tests can see what clients make of it. */
export class FaultInjector {
  readonly #clock: Clock;
  readonly #store: MemoryStore;
  readonly #watches: WatchRegistry;
  readonly #listening: Listening;
  #isUp = true;
  /** In the order of injection; the first that strikes counts. */
  readonly #faults = new Set<ActiveFault>();

  constructor(options: FaultInjectorOptions) {
    this.#clock = options.clock;
    this.#store = options.store;
    this.#watches = options.watches;
    this.#listening = options.listening;
  }

  /** Whether the server takes connections. */
  get isUp(): boolean {
    return this.#isUp;
  }

  /**
   * The server goes down as if it were killed: connections and watches break, nobody can connect, in process or over
   * TLS. What is stored stays.
   */
  async takeDown(): Promise<void> {
    this.#isUp = false;
    this.#watches.cut('reset');
    await this.#listening.suspend();
  }

  /** The server is back, on the port it had. */
  async bringUp(): Promise<void> {
    await this.#listening.resume();
    this.#isUp = true;
  }

  /** Strikes matching requests from now on, until it is spent or disposed. */
  inject(fault: Fault): InjectedFault {
    const active: ActiveFault = { fault, left: fault.times ?? Number.POSITIVE_INFINITY, struck: 0 };
    this.#faults.add(active);
    const remove = () => void this.#faults.delete(active);
    return {
      get struck() {
        return active.struck;
      },
      [Symbol.dispose]: remove,
    };
  }

  /** Removes all faults. */
  clear(): void {
    this.#faults.clear();
  }

  /** How many watches are open. */
  get openWatches(): number {
    return this.#watches.size;
  }

  /**
   * Cuts the open watches: `reset` breaks the stream, `end` closes it politely. Returns how many.
   *
   * @param storageKey only those of one collection, such as `pods` or `deployments.apps`
   */
  cutWatches(how: WatchCut = 'reset', storageKey?: string): number {
    return this.#watches.cut(how, storageKey);
  }

  /** Forgets the history: watches that resume and pages that go on get 410 Expired. Open watches are not touched. */
  compact(): void {
    this.#store.compact();
  }

  /** The seam into the handler. */
  readonly intercept: Interception = async (request, info, user) => {
    const active = [...this.#faults].find(({ fault }) => strikes(fault.match, info, user));
    if (active === undefined) return undefined;
    active.left -= 1;
    active.struck += 1;
    if (active.left <= 0) this.#faults.delete(active);
    const { latencyMs = 0, status, reset = false, loseAnswer = false } = active.fault;
    if (latencyMs > 0) {
      await pause({ clock: this.#clock, delayMs: latencyMs, signals: [request.signal] });
    }
    if (reset) return CONNECTION_RESET;
    if (loseAnswer) return 'lose-answer';
    if (status === undefined) return undefined;
    return answerError(refusalOf(status), request, { encoding: 'json', as: 'object' });
  };
}

/** No answer at all. */
export const CONNECTION_RESET: ServerResponse = {
  status: 500,
  headers: {},
  body: new Uint8Array(0),
  reset: true,
};
