import type { KubernetesObject } from '@kubewright/apimachinery';
import type { Cached, EventHandler, ObjectEvent } from './event-handler.ts';

/**
 * Passes events on to handlers.
 *
 * Guarantees: each handler sees the events in order; one that throws, or rejects, keeps none from the others.
 */
export class EventFanOut<T extends KubernetesObject> {
  readonly #onError: (error: unknown) => void;
  /** A wrapper per registration, so that one handler may be registered twice. */
  readonly #registrations = new Set<{ readonly handler: EventHandler<T> }>();

  constructor(onError: (error: unknown) => void) {
    this.#onError = onError;
  }

  get size(): number {
    return this.#registrations.size;
  }

  /** Adds a handler and calls it with what is there already. */
  add(handler: EventHandler<T>, present: Iterable<Cached<T>>): Disposable {
    const registration = { handler };
    this.#registrations.add(registration);
    for (const object of present) {
      this.#call(handler, { type: 'added', object, isInitial: true });
    }
    return { [Symbol.dispose]: () => void this.#registrations.delete(registration) };
  }

  emit(event: ObjectEvent<T>): void {
    for (const { handler } of this.#registrations) this.#call(handler, event);
  }

  #call(handler: EventHandler<T>, event: ObjectEvent<T>): void {
    try {
      const outcome = tell(handler, event);
      // A handler must not wait, yet TypeScript lets an async function pass for one, whose failure would end the process.
      if (outcome instanceof Promise) outcome.catch(this.#onError);
    } catch (error) {
      this.#onError(error);
    }
  }
}

/** An {@link EventHandler} as it may turn out to be. */
type AnyHandler<T extends KubernetesObject> = {
  readonly [M in keyof EventHandler<T>]: (
    ...args: Parameters<NonNullable<EventHandler<T>[M]>>
  ) => unknown;
};

function tell<T extends KubernetesObject>(handler: AnyHandler<T>, event: ObjectEvent<T>): unknown {
  switch (event.type) {
    case 'added':
      return handler.added?.(event.object, event);
    case 'updated':
      return handler.updated?.(event.old, event.object, event);
    case 'deleted':
      return handler.deleted?.(event.object, event);
    default:
      return event satisfies never;
  }
}
