import {
  formatTime,
  isNotFound,
  StatusError,
  type Container,
  type ObjectReference,
  type Pod,
  type Stored,
} from '@kubewright/apimachinery';
import type { KubeletApi } from '../api/kubelet-api.ts';
import type { Clock } from '../clock.ts';
import type { ContainerKind } from '../status/container-statuses.ts';
import { EventCorrelator, type EventInput } from './event-correlator.ts';

/** Events waiting to be written at most; more are dropped, as in client-go. */
const maxQueued = 1000;
/** Tries to write one event, and the pause between them in milliseconds. client-go: 12 tries, 10 s apart. */
const maxTries = 12;
const retryMs = 10_000;

/**
 * Writes core/v1 Events the way a kubelet does: repeated ones raise a count, floods are held back, nothing
 * waits for the write. Errors of the server never reach those who record.
 */
export class EventRecorder {
  readonly #api: KubeletApi;
  readonly #clock: Clock;
  readonly #nodeName: string;
  readonly #correlator = new EventCorrelator();
  readonly #queue: { readonly input: EventInput; readonly atMs: number }[] = [];
  /** The loop that writes; runs while something is queued. */
  #writing: Promise<void> | undefined;
  readonly #stop = new AbortController();
  /** Makes names of events of the same millisecond differ. */
  #sequence = 0;

  constructor(api: KubeletApi, clock: Clock, nodeName: string) {
    this.#api = api;
    this.#clock = clock;
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

  /** Tells something. */
  record(input: EventInput): void {
    if (this.#stop.signal.aborted || this.#queue.length >= maxQueued) return;
    this.#queue.push({ input, atMs: this.#clock.now() });
    this.#writing ??= this.#drain();
  }

  /** Resolves when all that was recorded is written or given up. */
  async flush(): Promise<void> {
    await this.#writing;
  }

  /** Stops; what is still queued is tried once more without waiting. May be repeated. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#writing;
  }

  async #drain(): Promise<void> {
    for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) {
      await this.#write(next.input, next.atMs);
    }
    this.#writing = undefined;
  }

  async #write(input: EventInput, atMs: number): Promise<void> {
    const decision = this.#correlator.decide(input, atMs);
    if (decision.kind === 'drop') return;
    const { event, count, firstMs, lastMs, key } = decision;
    const namespace = event.involvedObject.namespace ?? 'default';
    const lastTimestamp = formatTime(new Date(lastMs));
    let name = decision.kind === 'repeat' ? decision.name : undefined;
    for (let tries = 1; tries <= maxTries; tries += 1) {
      try {
        if (name !== undefined) {
          await this.#api.repeatEvent(namespace, name, {
            count,
            lastTimestamp,
            message: event.message,
          });
          return;
        }
        const created = await this.#api.createEvent({
          apiVersion: 'v1',
          kind: 'Event',
          metadata: { namespace, name: this.#nameFor(event, lastMs) },
          involvedObject: event.involvedObject,
          reason: event.reason,
          message: event.message,
          source: { component: 'kubelet', host: this.#nodeName },
          firstTimestamp: formatTime(new Date(firstMs)),
          lastTimestamp,
          count,
          type: event.type,
          reportingComponent: 'kubelet',
          reportingInstance: this.#nodeName,
        });
        if (created.metadata.name !== undefined)
          this.#correlator.stored(key, created.metadata.name);
        return;
      } catch (error) {
        if (name !== undefined && isNotFound(error)) {
          name = undefined;
          this.#correlator.lost(key);
          continue;
        }
        // The server's word is final (namespace being deleted, forbidden); no word at all may become one.
        if (error instanceof StatusError && error.code < 500) return;
        if (this.#stop.signal.aborted) return;
        await this.#clock.after(retryMs, this.#stop.signal).catch(() => undefined);
      }
    }
  }

  #nameFor(event: EventInput, atMs: number): string {
    this.#sequence = (this.#sequence + 1) % 1_000_000;
    const nanos = BigInt(atMs) * 1_000_000n + BigInt(this.#sequence);
    return `${event.involvedObject.name ?? ''}.${nanos.toString(16)}`;
  }
}

const listOf: Readonly<Record<ContainerKind, string>> = {
  init: 'spec.initContainers',
  main: 'spec.containers',
  ephemeral: 'spec.ephemeralContainers',
};
