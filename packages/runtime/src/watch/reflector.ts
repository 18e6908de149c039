import type { KubernetesObject, Resource } from '@kubewright/apimachinery';
import { linkAbort } from '../cancellation/linked-abort.ts';
import type { Clock } from '../clock/clock.ts';
import type { InformerInstruments } from '../metrics/instruments.ts';
import type { ListerWatcher, Selection } from './lister-watcher.ts';
import { problemKindOf } from './watch-problem.ts';
import type { WaitRange } from './reconnect-backoff.ts';
import { initialWatchState, step } from './watch-machine.ts';
import type {
  CacheAction,
  InitialRead,
  WatchEffect,
  WatchInput,
  WatchState,
} from './watch-state.ts';

/** Options of a {@link Reflector}. */
export interface ReflectorOptions<T extends KubernetesObject> {
  readonly resource: Resource<T>;
  readonly selection: Selection;
  readonly source: ListerWatcher;
  readonly clock: Clock;
  readonly instruments: InformerInstruments;
  /** Takes the objects and the progress. Must not throw. */
  readonly onAction: (action: CacheAction<T>) => void;
  /** Hears of each new state except those that differ in the version only. Must not throw. */
  readonly onState: (state: WatchState) => void;
  /** Default: one list. */
  readonly read?: InitialRead;
  /** Silence after which a connection counts as dead, in milliseconds. Default 70,000: servers send a bookmark every 60 s. */
  readonly silenceMs?: number;
  /** Random number from 0 up to 1, for waits. Default `Math.random`. */
  readonly random?: () => number;
}

/**
 * Follows one collection: carries out what {@link step} decides, one request or wait at a time.
 *
 * Guarantees: `run` ends only when its signal aborts, and then leaves no request, timer or listener behind.
 */
export class Reflector<T extends KubernetesObject> {
  readonly #options: ReflectorOptions<T>;
  readonly #silenceMs: number;
  readonly #random: () => number;
  #state: WatchState;
  #heardMs: number | undefined;
  #retryMs: number | undefined;

  constructor(options: ReflectorOptions<T>) {
    this.#options = options;
    this.#silenceMs = options.silenceMs ?? 70_000;
    this.#random = options.random ?? Math.random;
    this.#state = initialWatchState(options.read);
  }

  get state(): WatchState {
    return this.#state;
  }

  /** The namespace followed; undefined for all, and for cluster-scoped resources. */
  get namespace(): string | undefined {
    return this.#options.selection.namespace;
  }

  /** When the server was last heard, in monotonic milliseconds; undefined before the first time. */
  get heardMs(): number | undefined {
    return this.#heardMs;
  }

  /** When the next try begins, in monotonic milliseconds; undefined unless the state is `waiting`. */
  get retryMs(): number | undefined {
    return this.#retryMs;
  }

  /** Follows the collection until the signal aborts. Never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    let effect = this.#feed({ type: 'start' });
    while (effect !== undefined && !signal.aborted) {
      effect = await this.#perform(effect, signal);
    }
  }

  /** Carries an effect out until the machine wants another one; undefined when the signal aborted first. */
  async #perform(effect: WatchEffect, signal: AbortSignal): Promise<WatchEffect | undefined> {
    if (effect.type === 'wait') return this.#wait(signal);
    using attempt = linkAbort(signal);
    using silence = this.#watchSilence(() => {
      attempt.abort(new Error('the connection was silent for too long'));
    });
    try {
      return effect.type === 'list'
        ? await this.#list(effect, attempt.signal)
        : await this.#watch(effect, attempt.signal);
    } catch (error) {
      if (signal.aborted) return undefined;
      this.#reportFailure(effect.type, error);
      return this.#feed(silence.isSilent ? { type: 'silent' } : { type: 'failed', error });
    }
  }

  /** Waits until the time that was drawn when the wait was decided. */
  async #wait(signal: AbortSignal): Promise<WatchEffect | undefined> {
    const { clock } = this.#options;
    try {
      await clock.after((this.#retryMs ?? 0) - clock.monotonicMs(), signal);
    } catch {
      // Only the signal ends a wait early.
      return undefined;
    } finally {
      this.#retryMs = undefined;
    }
    return this.#feed({ type: 'waited' });
  }

  async #list(
    effect: Extract<WatchEffect, { type: 'list' }>,
    signal: AbortSignal,
  ): Promise<WatchEffect | undefined> {
    const { source, resource, selection, instruments, clock } = this.#options;
    const { type: _, ...query } = effect;
    const startedMs = clock.monotonicMs();
    instruments.listStarted();
    const list = await source.listStream(resource, { ...selection, ...query, signal });
    let items = 0;
    this.#heard();
    for await (const object of list.items) {
      items++;
      this.#heard();
      this.#feed({ type: 'item', object });
    }
    signal.throwIfAborted();
    const { resourceVersion: version, continue: token } = await list.metadata;
    instruments.listed(items, (clock.monotonicMs() - startedMs) / 1000);
    return this.#feed({ type: 'list-ended', version, continue: token });
  }

  async #watch(
    effect: Extract<WatchEffect, { type: 'watch' }>,
    signal: AbortSignal,
  ): Promise<WatchEffect | undefined> {
    const { source, resource, selection, instruments } = this.#options;
    instruments.watchStarted();
    const changes = source.watch(resource, {
      ...selection,
      resourceVersion: effect.resourceVersion,
      allowBookmarks: true,
      ...(effect.sendInitialEvents
        ? { sendInitialEvents: true, resourceVersionMatch: 'NotOlderThan' }
        : {}),
      signal,
    });
    for await (const change of changes) {
      this.#heard();
      instruments.event(change.type);
      const other = this.#feed({ type: 'change', change });
      if (other !== undefined) return other;
    }
    signal.throwIfAborted();
    return this.#feed({ type: 'watch-ended' });
  }

  /** Takes a step, tells the cache, and returns what to do next if that is something else than before. */
  #feed(input: WatchInput<T>): WatchEffect | undefined {
    const before = this.#state;
    const nowMs = this.#options.clock.monotonicMs();
    const { state, actions } = step(before, input, nowMs);
    this.#state = state;
    let effect: WatchEffect | undefined;
    for (const action of actions) {
      if (action.type === 'list' || action.type === 'watch' || action.type === 'wait') {
        effect = action;
        if (action.type === 'wait') this.#retryMs = nowMs + this.#draw(action);
      } else {
        this.#options.onAction(action);
      }
    }
    if (state.phase !== before.phase || problemIn(state) !== problemIn(before)) {
      this.#options.onState(state);
    }
    return effect;
  }

  #draw({ fromMs, toMs }: WaitRange): number {
    return fromMs + this.#random() * (toMs - fromMs);
  }

  #heard(): void {
    this.#heardMs = this.#options.clock.monotonicMs();
  }

  /** Calls back once nothing was heard for the time allowed. One timer, set again only when it fires. */
  #watchSilence(onSilent: () => void): Disposable & { readonly isSilent: boolean } {
    const { clock } = this.#options;
    const startedMs = clock.monotonicMs();
    let isSilent = false;
    let timer = clock.schedule(this.#silenceMs, () => {
      check();
    });
    const check = (): void => {
      const quietMs = clock.monotonicMs() - Math.max(startedMs, this.#heardMs ?? startedMs);
      if (quietMs >= this.#silenceMs) {
        isSilent = true;
        onSilent();
      } else {
        // A rest of rounding, too short to move a clock, would be waited for again and again.
        timer = clock.schedule(Math.max(1, this.#silenceMs - quietMs), check);
      }
    };
    return {
      get isSilent() {
        return isSilent;
      },
      [Symbol.dispose]: () => {
        timer[Symbol.dispose]();
      },
    };
  }

  #reportFailure(verb: 'list' | 'watch', error: unknown): void {
    this.#options.instruments.failed(verb, problemKindOf(error));
  }
}

function problemIn(state: WatchState): unknown {
  return state.phase === 'idle' ? undefined : state.problem;
}
