import type { AnyEvent, ObjectRef, Observation } from '../model/index.ts';
import { Field } from './field.ts';
import { ObservedEvent } from './observed-event.ts';

/** What was seen besides the subject: objects by kind and name, and all Events. */
export class RelatedObjects {
  readonly #observation: Observation;
  #objects: readonly Field[] | undefined;
  #events: readonly ObservedEvent[] | undefined;

  constructor(observation: Observation) {
    this.#observation = observation;
  }

  /** All objects. */
  get objects(): readonly Field[] {
    return (this.#objects ??= listed(this.#observation.related).map((object) =>
      Field.root(object, () => refOf(object)),
    ));
  }

  /** All Events, about whatever object. */
  get events(): readonly ObservedEvent[] {
    return (this.#events ??= listed(this.#observation.events).map(
      (event) => new ObservedEvent(Field.root(event, () => eventRef(event))),
    ));
  }

  /** The object of a kind and name; a field that is not there when it was not seen. Without a namespace, of any. */
  find(kind: string, name: string | undefined, namespace?: string): Field {
    const found = this.objects.find(
      (object) =>
        object.textAt('kind') === kind &&
        object.textAt('metadata', 'name') === name &&
        (namespace === undefined || object.textAt('metadata', 'namespace') === namespace),
    );
    if (found !== undefined) return found;
    const place = namespace === undefined ? {} : { namespace };
    return Field.root(undefined, () => ({ kind, ...place, name: name ?? '' }));
  }

  /** All objects of a kind. */
  ofKind(kind: string): readonly Field[] {
    return this.objects.filter((object) => object.textAt('kind') === kind);
  }

  /** Events about the object of a kind and name. */
  eventsAbout(kind: string, name: string | undefined): readonly ObservedEvent[] {
    return this.events.filter((event) => event.isAbout(kind, name));
  }
}

/** The elements of what should be an array; an observation may come from any file. */
export function listed<T>(value: readonly T[] | undefined): readonly T[] {
  return Array.isArray(value) ? (value as readonly T[]) : [];
}

/** Names an object as it names itself. */
export function refOf(object: unknown): ObjectRef {
  const field = Field.root(object);
  const namespace = field.textAt('metadata', 'namespace');
  const [kind = '', name = ''] = [field.textAt('kind'), field.textAt('metadata', 'name')];
  return namespace === undefined ? { kind, name } : { kind, namespace, name };
}

/** Names an Event, which is an Event also where it does not say so (items of a list do not). */
export function eventRef(event: AnyEvent): ObjectRef {
  return { ...refOf(event), kind: 'Event' };
}
