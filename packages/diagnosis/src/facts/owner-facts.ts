import type { Observation } from '../model/index.ts';
import { Field } from './field.ts';
import type { ObservedEvent } from './observed-event.ts';
import { RelatedObjects } from './related-objects.ts';

/** What is known about an owner that has no pod: a ReplicaSet, a Job, … */
export class OwnerFacts {
  readonly observation: Observation;
  readonly view: Field;
  readonly nowMs: number;
  readonly related: RelatedObjects;

  constructor(observation: Observation) {
    this.observation = observation;
    this.view = Field.root(observation.owner);
    this.nowMs = observation.now.getTime();
    this.related = new RelatedObjects(observation);
  }

  get kind(): string {
    return this.view.at('kind').text ?? '';
  }

  get name(): string {
    return this.view.at('metadata', 'name').text ?? '';
  }

  get namespace(): string | undefined {
    return this.view.at('metadata', 'namespace').text;
  }

  /** The condition of this type; a field that is not there when it has none. */
  condition(type: string): Field {
    return this.view.at('status', 'conditions').itemWhere('type', type);
  }

  /** Events about it. */
  get events(): readonly ObservedEvent[] {
    return this.related.events.filter((event) => event.isAbout(this.kind, this.name));
  }
}
