import { Event } from '@kubewright/apimachinery';
import type { DeepReadonly, Pod, Stored } from '@kubewright/apimachinery';
import type { Cache, Cached, Informer } from '@kubewright/runtime';

/** Files Events under the uid of the pod that they are about. */
const podIndex = 'pod-uid';

/** The Events about pods, kept up to date by a watch: a diagnosis asks the API server for nothing. */
export class PodEvents {
  readonly #informer: Informer<Event>;

  constructor(cache: Cache) {
    this.#informer = cache.informer(Event, {
      fieldSelector: 'involvedObject.kind=Pod',
      transform: projectEvent,
    });
    this.#informer.addIndex(podIndex, uidsOf);
  }

  /** What is known of this very pod; Events expire after an hour. */
  about(pod: DeepReadonly<Stored<Pod>>): readonly Cached<Event>[] {
    return this.#informer.byIndex(podIndex, pod.metadata.uid);
  }
}

function uidsOf({ involvedObject }: Stored<Event>): readonly string[] {
  return involvedObject.uid === undefined ? [] : [involvedObject.uid];
}

/** What a diagnosis reads of an Event. */
function projectEvent(event: Stored<Event>): Stored<Event> {
  const { apiVersion, kind, metadata, involvedObject, type, reason, message } = event;
  const { count, firstTimestamp, lastTimestamp, eventTime, series } = event;
  return {
    apiVersion,
    kind,
    metadata: {
      name: metadata.name,
      namespace: metadata.namespace,
      uid: metadata.uid,
      resourceVersion: metadata.resourceVersion,
      creationTimestamp: metadata.creationTimestamp,
    },
    involvedObject: {
      kind: involvedObject.kind,
      namespace: involvedObject.namespace,
      name: involvedObject.name,
      uid: involvedObject.uid,
      fieldPath: involvedObject.fieldPath,
    },
    type,
    reason,
    message,
    count,
    firstTimestamp,
    lastTimestamp,
    eventTime,
    series,
  };
}
