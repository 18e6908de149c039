import type { Scope } from '@kubewright/apimachinery';
import type { Clock } from '../clock/clock.ts';
import type { Reflector } from '../watch/reflector.ts';
import { healthyAfterMs } from '../watch/step-watching.ts';
import type { InformerState } from './informer-state.ts';

/** How an informer is that fails somewhere. */
export type Failure = Extract<InformerState, { phase: 'failing' }>;

/** One namespace of an informer. */
export interface ObservedNamespace {
  readonly reflector: Pick<Reflector<never>, 'state' | 'namespace' | 'retryMs' | 'heardMs'>;
  /** Version up to which it is known; undefined before its first complete picture. */
  readonly namespace: { readonly version: string | undefined };
}

/** What the health of an informer is made of. */
export interface InformerHealthOptions {
  /** `pods` or `deployments.apps`. */
  readonly resource: string;
  readonly scope: Scope;
  readonly clock: Clock;
  readonly namespaces: readonly ObservedNamespace[];
  /** Hears of a listener that threw. */
  readonly onListenerError: (error: unknown) => void;
}

/** The health of an informer: the worst of its namespaces. */
export class InformerHealth {
  readonly #options: InformerHealthOptions;
  readonly #listeners = new Set<(state: InformerState) => void>();
  #life: 'idle' | 'running' | 'stopped' = 'idle';
  /** What was told last, in a form that can be compared. */
  #told = 'idle';

  constructor(options: InformerHealthOptions) {
    this.#options = options;
  }

  get life(): 'idle' | 'running' | 'stopped' {
    return this.#life;
  }

  /** True when every namespace had a complete picture. */
  get isSynced(): boolean {
    return this.#options.namespaces.every(({ namespace }) => namespace.version !== undefined);
  }

  get state(): InformerState {
    if (this.#life !== 'running') return { phase: this.#life };
    const failures = this.failures();
    // What was never complete is worse than what is merely getting old.
    const worst = failures.find((failure) => !failure.isSynced) ?? failures[0];
    return worst ?? { phase: this.isSynced ? 'live' : 'syncing' };
  }

  /** The namespaces that are failing. */
  failures(): readonly Failure[] {
    return this.#options.namespaces
      .map((each) => this.#failure(each))
      .filter((failure) => failure !== undefined);
  }

  /** When the namespace that has been silent for longest was heard, in monotonic milliseconds; undefined before each was heard. */
  get heardMs(): number | undefined {
    let oldest = Infinity;
    for (const { reflector } of this.#options.namespaces) {
      if (reflector.heardMs === undefined) return undefined;
      oldest = Math.min(oldest, reflector.heardMs);
    }
    return oldest;
  }

  listen(listener: (state: InformerState) => void): Disposable {
    const own = (state: InformerState): void => {
      listener(state);
    };
    this.#listeners.add(own);
    return { [Symbol.dispose]: () => void this.#listeners.delete(own) };
  }

  /** Takes note of the beginning or the end. */
  become(life: 'running' | 'stopped'): void {
    this.#life = life;
    this.tell();
  }

  /** Tells the listeners the state, unless it says what was told last. */
  tell(): void {
    const { state } = this;
    const problems = this.failures().map(({ problem: { namespace, verb, kind }, isSynced }) =>
      [namespace, verb, kind, isSynced].join(),
    );
    const text = [state.phase, ...problems].join(';');
    if (text === this.#told) return;
    this.#told = text;
    for (const listener of this.#listeners) {
      try {
        listener(state);
      } catch (error) {
        this.#options.onListenerError(error);
      }
    }
  }

  #failure({ reflector, namespace }: ObservedNamespace): Failure | undefined {
    const { state, retryMs } = reflector;
    if (state.phase === 'idle' || state.problem === undefined) return undefined;
    const { clock, resource, scope } = this.#options;
    const nowMs = clock.monotonicMs();
    // A quiet watch that has stood for a while works, although nothing has come yet that would prove it.
    if (state.phase === 'watching' && nowMs - state.startedMs >= healthyAfterMs) return undefined;
    return {
      phase: 'failing',
      problem: { ...state.problem, resource, scope, namespace: reflector.namespace },
      isSynced: namespace.version !== undefined,
      retryInMs: retryMs === undefined ? 0 : Math.max(0, retryMs - nowMs),
    };
  }
}
