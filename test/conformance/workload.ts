import { before, beforeEach } from 'node:test';
import {
  EventsV1Event,
  Pod,
  type KubernetesObject,
  type NamespacedName,
  type PodTemplateSpec,
  type Resource,
  type Stored,
} from '@kubewright/apimachinery';
import type { Client } from '@kubewright/client';
import { untilCollectorKnows } from './controllers-know.ts';
import type { GetEnvironment } from './on-each-server.ts';
import { untilObject, untilState } from './until-object.ts';

/** An object that owns pods, and those; the pods bear its name in the label `app`. Nothing of it is there yet. */
export class Workload<T extends KubernetesObject> {
  readonly client: Client;
  readonly namespace: string;
  readonly name: string;
  readonly #resource: Resource<T>;

  constructor(client: Client, resource: Resource<T>, { namespace = '', name }: NamespacedName) {
    this.client = client;
    this.#resource = resource;
    this.namespace = namespace;
    this.name = name;
  }

  get ref(): { readonly namespace: string; readonly name: string } {
    return { namespace: this.namespace, name: this.name };
  }

  /** What bears its label. */
  get selection(): { readonly namespace: string; readonly labelSelector: string } {
    return { namespace: this.namespace, labelSelector: `app=${this.name}` };
  }

  /** Of its pods. No node takes them: they stay as they are, and the test says what is ready. */
  template(image: string): PodTemplateSpec {
    return {
      metadata: { labels: { app: this.name } },
      spec: {
        nodeSelector: { 'example.com/nowhere': 'true' },
        containers: [{ name: 'app', image }],
      },
    };
  }

  /** Waits until it is as wanted. */
  until(isWanted: (object: Stored<T>) => boolean): Promise<Stored<T>> {
    return untilObject(this.client, this.#resource, this.ref, isWanted);
  }

  /** Waits until all that bears its label, of a kind, is as wanted. */
  untilAll<Other extends KubernetesObject>(
    resource: Resource<Other>,
    isWanted: (objects: readonly Stored<Other>[]) => boolean,
  ): Promise<readonly Stored<Other>[]> {
    return untilState(this.client, resource, this.selection, isWanted);
  }

  /** Waits until its pods are as wanted. */
  untilPods(isWanted: (pods: readonly Stored<Pod>[]) => boolean): Promise<readonly Stored<Pod>[]> {
    return this.untilAll(Pod, isWanted);
  }

  /** Waits until the garbage collector knows its pods: see {@link untilCollectorKnows}. */
  async untilCollectorKnowsPods(): Promise<void> {
    const spec = this.template('app:1').spec ?? { containers: [] };
    await untilCollectorKnows(this.client, Pod, this.namespace, { metadata: {}, spec });
  }

  /** Waits until the Events about it, each as `type reason note`, are as wanted. */
  async untilNotes(isWanted: (notes: readonly string[]) => boolean): Promise<string[]> {
    const { client, namespace, name } = this;
    const notesOf = (events: readonly Stored<EventsV1Event>[]): string[] =>
      events
        .filter(({ regarding }) => {
          return regarding?.kind === this.#resource.kind && regarding.name === name;
        })
        .map(({ type, reason, note }) => `${type ?? ''} ${reason ?? ''} ${note ?? ''}`);
    const events = await untilState(client, EventsV1Event, { namespace }, (found) =>
      isWanted(notesOf(found)),
    );
    return notesOf(events);
  }
}

/** Gives each test of a suite a workload of its own, in one namespace. */
export function workloadOfEachTest<T extends KubernetesObject>(
  environment: GetEnvironment,
  resource: Resource<T>,
  take: (workload: Workload<T>) => void,
): void {
  let client: Client;
  let namespace: string;
  let count = 0;
  before(async () => {
    client = await environment().client();
    namespace = await environment().newNamespace();
  });
  beforeEach(() => {
    count += 1;
    take(new Workload(client, resource, { namespace, name: `app-${count}` }));
  });
}
