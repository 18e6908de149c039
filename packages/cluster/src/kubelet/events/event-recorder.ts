import type { Container, ObjectReference, Pod, Stored } from '@kubewright/apimachinery';
import { CoreEventRecorder } from '../../events/core-event-recorder.ts';
import type { EventInput } from '../../events/event-correlator.ts';
import type { KubeletApi } from '../api/kubelet-api.ts';
import type { Clock } from '../clock.ts';
import type { ContainerKind } from '../status/container-statuses.ts';

/** Records what a kubelet has to tell of its pods, their containers and its node. */
export class EventRecorder extends CoreEventRecorder {
  readonly #nodeName: string;

  constructor(api: KubeletApi, clock: Clock, nodeName: string) {
    super({ api, clock, component: 'kubelet', host: nodeName });
    this.#nodeName = nodeName;
  }

  /** Tells something of a pod or, with a container, of that container. */
  pod(
    pod: Stored<Pod>,
    type: EventInput['type'],
    reason: string,
    message: string,
    container?: { readonly kind: ContainerKind; readonly container: Pick<Container, 'name'> },
  ): void {
    const { namespace, name, uid, resourceVersion } = pod.metadata;
    this.record({
      involvedObject: {
        kind: 'Pod',
        ...(namespace === undefined ? {} : { namespace }),
        name,
        uid,
        apiVersion: 'v1',
        resourceVersion,
        ...(container === undefined
          ? {}
          : { fieldPath: `${listOf[container.kind]}{${container.container.name}}` }),
      },
      type,
      reason,
      message,
    });
  }

  /** Tells something of the node. A node's events are kept in the namespace `default` and name it as their uid. */
  node(type: EventInput['type'], reason: string, message: string): void {
    const involvedObject: ObjectReference = {
      kind: 'Node',
      name: this.#nodeName,
      uid: this.#nodeName,
    };
    this.record({ involvedObject, type, reason, message });
  }
}

const listOf: Readonly<Record<ContainerKind, string>> = {
  init: 'spec.initContainers',
  main: 'spec.containers',
  ephemeral: 'spec.ephemeralContainers',
};
