import type { Observation } from '../model/index.ts';
import { ContainerFacts } from './container-facts.ts';
import { Field, pastTheEnd } from './field.ts';
import type { ObservedEvent } from './observed-event.ts';
import { RelatedObjects } from './related-objects.ts';

/**
 * What is known about a pod, read once and when asked for: most pods are well and need little of it.
 *
 * Guarantee: no reader throws, whatever the observation holds.
 */
export class PodFacts {
  readonly observation: Observation;
  readonly view: Field;
  readonly nowMs: number;
  /** The least that {@link PodFacts.nowMs} can be. */
  readonly earliestMs: number;
  readonly #conditions = new Map<string, Field>();
  #containers: readonly ContainerFacts[] | undefined;
  #events: readonly ObservedEvent[] | undefined;
  #nodeName: Field | undefined;
  #allConditions: Field | undefined;
  #phase: Field | undefined;
  #reason: Field | undefined;
  #deletionTimestamp: Field | undefined;
  #related: RelatedObjects | undefined;

  constructor(observation: Observation) {
    this.observation = observation;
    this.view = Field.root(observation.pod);
    this.nowMs = observation.now.getTime();
    this.earliestMs = observation.earliest?.getTime() ?? this.nowMs;
  }

  get name(): string {
    return this.view.textAt('metadata', 'name') ?? '';
  }

  get namespace(): string | undefined {
    return this.view.textAt('metadata', 'namespace');
  }

  get uid(): string | undefined {
    return this.view.textAt('metadata', 'uid');
  }

  get phase(): Field {
    return (this.#phase ??= this.view.at('status', 'phase'));
  }

  /** Reason of the pod itself, such as Evicted. */
  get reason(): Field {
    return (this.#reason ??= this.view.at('status', 'reason'));
  }

  get message(): Field {
    return this.view.at('status', 'message');
  }

  get deletionTimestamp(): Field {
    return (this.#deletionTimestamp ??= this.view.at('metadata', 'deletionTimestamp'));
  }

  get nodeName(): Field {
    return (this.#nodeName ??= this.view.at('spec', 'nodeName'));
  }

  get restartPolicy(): string {
    const given = this.view.textAt('spec', 'restartPolicy');
    if (given !== undefined) return given;
    // Published pods may be a status without a spec, or a description, which does not show it.
    const hasEnded = this.phase.text === 'Succeeded' || this.phase.text === 'Failed';
    if (hasEnded) return 'Never';
    return this.controller.at('kind').text === 'Job' || this.#leavesDone ? 'OnFailure' : 'Always';
  }

  /** Whether a container of it has done its work and was not started again, as the kubelet does at once the first time. */
  get #leavesDone(): boolean {
    return this.view
      .at('status', 'containerStatuses')
      .items.some(
        (status) =>
          status.at('state', 'terminated', 'exitCode').number === 0 &&
          status.at('restartCount').number === 0,
      );
  }

  /** The condition of this type; a field that is not there when the pod has none. */
  condition(type: string): Field {
    const known = this.#conditions.get(type);
    if (known !== undefined) return known;
    this.#allConditions ??= this.view.at('status', 'conditions');
    const found = this.#allConditions.itemWhere('type', type);
    this.#conditions.set(type, found);
    return found;
  }

  /** The reference to the controller that would make a new pod; a field that is not there for a bare pod. */
  get controller(): Field {
    return this.view.at('metadata', 'ownerReferences').itemWhere('controller', true);
  }

  /** Whether the kubelet made it from a file on its node; its copy in the API is only a mirror. */
  get isStatic(): boolean {
    return (
      this.view.at('metadata', 'annotations', 'kubernetes.io/config.mirror').isPresent ||
      this.controller.at('kind').text === 'Node'
    );
  }

  /** Init containers in their order, then app containers, then ephemeral ones. */
  get containers(): readonly ContainerFacts[] {
    return (this.#containers ??= [
      ...this.#containersOf('initContainers', 'initContainerStatuses'),
      ...this.#containersOf('containers', 'containerStatuses'),
      ...this.#containersOf('ephemeralContainers', 'ephemeralContainerStatuses'),
    ]);
  }

  /** Events about this pod, newest first. */
  get events(): readonly ObservedEvent[] {
    return (this.#events ??= this.#observedEvents());
  }

  /** Messages of the Events of these reasons about this pod, newest first. */
  messagesOf(...reasons: readonly string[]): readonly Field[] {
    return this.events
      .filter((event) => reasons.includes(event.reason.text ?? ''))
      .map((event) => event.message);
  }

  /** Whether one of its containers runs, or has run. */
  get hasStarted(): boolean {
    return this.containers.some(
      ({ state, ended, restarts }) => state === 'running' || ended !== undefined || restarts > 0,
    );
  }

  /** Whether its app containers have ended and are not started again. */
  get isDone(): boolean {
    return this.containers.every(
      (container) =>
        container.type !== 'app' ||
        (container.state === 'terminated' && !container.restartsAfter(container.ended?.code)),
    );
  }

  /** Whether it is a failed attempt of a Job that is complete by now. */
  get isOfCompleteJob(): boolean {
    const kind = this.controller.at('kind').text;
    if (kind !== 'Job' || this.phase.text !== 'Failed') return false;
    const job = this.related.find('Job', this.controller.at('name').text, this.namespace);
    const conditions = job.at('status', 'conditions');
    return conditions.items.some(
      (item) => item.at('type').text === 'Complete' && item.at('status').text === 'True',
    );
  }

  /** Everything else that was seen: nodes, owners, claims, their Events. */
  get related(): RelatedObjects {
    return (this.#related ??= new RelatedObjects(this.observation));
  }

  /** The node that it was given; a field that is not there when it was not seen. */
  get node(): Field {
    return this.related.find('Node', this.nodeName.text);
  }

  #containersOf(specs: string, statuses: string): ContainerFacts[] {
    const allSpecs = this.view.at('spec', specs);
    const allStatuses = this.view.at('status', statuses);
    const seen = new Map<string, Field>();
    for (const status of allStatuses.items) {
      const name = status.textAt('name');
      if (name !== undefined && !seen.has(name)) seen.set(name, status);
    }
    const containers: ContainerFacts[] = [];
    for (const spec of allSpecs.items) {
      const name = spec.textAt('name');
      if (name === undefined) continue;
      const status = seen.get(name) ?? pastTheEnd(allStatuses);
      seen.delete(name);
      containers.push(new ContainerFacts(this, name, typeOf(specs, spec), spec, status));
    }
    // Published pods are sometimes a status without its spec.
    for (const [name, status] of seen) {
      const spec = pastTheEnd(allSpecs);
      containers.push(new ContainerFacts(this, name, typeOf(specs, spec), spec, status));
    }
    return containers;
  }

  #observedEvents(): readonly ObservedEvent[] {
    const events: ObservedEvent[] = [];
    for (const event of this.related.events) {
      if (this.#isAboutThis(event)) events.push(event);
    }
    return events.sort((one, other) => (other.lastMs ?? 0) - (one.lastMs ?? 0));
  }

  #isAboutThis(event: ObservedEvent): boolean {
    if (!event.about.isPresent) return true;
    if (!event.isAbout('Pod', this.name)) return false;
    const uid = event.about.textAt('uid');
    // A StatefulSet's pod has the name of the one before it. Events of a static pod carry the hash of its file.
    return uid === undefined || this.uid === undefined || uid === this.uid || this.isStatic;
  }
}

function typeOf(specs: string, spec: Field): ContainerFacts['type'] {
  if (specs === 'containers') return 'app';
  if (specs === 'ephemeralContainers') return 'ephemeral';
  return spec.textAt('restartPolicy') === 'Always' ? 'sidecar' : 'init';
}
