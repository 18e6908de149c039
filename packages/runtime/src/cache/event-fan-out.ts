import type { KubernetesObject } from '@kubewright/apimachinery';
import type { Cached, EventHandler, ObjectEvent } from './event-handler.ts';

/**
 * Passes events on to handlers.
 *
 * Guarantees: each handler sees the events in order; one that throws keeps none from the others.
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
      switch (event.type) {
        case 'added':
          handler.added?.(event.object, event);
          break;
        case 'updated':
          handler.updated?.(event.old, event.object, event);
          break;
        case 'deleted':
          handler.deleted?.(event.object, event);
          break;
        default:
          event satisfies never;
      }
    } catch (error) {
      this.#onError(error);
    }
  }
}
