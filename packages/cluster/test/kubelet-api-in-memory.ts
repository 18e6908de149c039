import {
  StatusError,
  type ConfigMap,
  type Event,
  type Lease,
  type Node,
  type PersistentVolume,
  type PersistentVolumeClaim,
  type Pod,
  type PodStatus,
  type Secret,
  type Service,
  type Stored,
} from '@kubewright/apimachinery';
import type { EventRepeat } from '../src/events/core-event-recorder.ts';
import type { AssignedPod, IssuedToken, KubeletApi } from '../src/kubelet/index.ts';

/** Longest wait for what must happen, in milliseconds; it only bounds a failure. */
const limitMs = 120_000;

/** A status as it was written, and when. */
export interface WrittenStatus {
  readonly atMs: number;
  readonly pod: string;
  readonly deleted: boolean;
  readonly status: PodStatus;
}

/** Holds the objects a kubelet reads and writes, and what it wrote when. */
export class InMemoryKubeletApi implements KubeletApi {
  readonly configMaps = new Map<string, ConfigMap>();
  readonly secrets = new Map<string, Secret>();
  readonly services: Service[] = [];
  readonly volumes = new Map<string, PersistentVolume>();
  readonly claims = new Map<string, PersistentVolumeClaim>();
  /** Every status written, and every pod removed, in order. */
  readonly statuses: WrittenStatus[] = [];
  /** Events by name, as last written. */
  readonly events = new Map<string, Event>();
  readonly #now: () => number;
  readonly #pods = new Map<string, Stored<Pod>>();
  readonly #nodes = new Map<string, Stored<Node>>();
  readonly #leases = new Map<string, Stored<Lease>>();
  #version = 100;
  readonly #queue: AssignedPod[] = [];
  #wake: (() => void) | undefined;
  /** Those who wait for a pod to be in some state. */
  readonly #waiting = new Set<() => void>();

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Binds a pod to the node, or changes it. */
  put(pod: Stored<Pod>): void {
    const stored = this.#store(pod);
    this.#pods.set(pod.metadata.uid, stored);
    this.#tell({ kind: 'present', pod: stored });
  }

  pod(uid: string): Stored<Pod> | undefined {
    return this.#pods.get(uid);
  }

  /**
   * Resolves with the pod's status as soon as it is as wanted; undefined stands for a pod that is gone.
   *
   * @throws Error with the last status when it does not come to pass.
   */
  async until(
    uid: string,
    isWanted: (status: PodStatus | undefined) => boolean,
  ): Promise<PodStatus | undefined> {
    const now = (): PodStatus | undefined => {
      const pod = this.#pods.get(uid);
      return pod === undefined ? undefined : (pod.status ?? {});
    };
    const { status } = await this.#untilFound(
      () => (isWanted(now()) ? { status: now() } : undefined),
      now,
    );
    return status;
  }

  /**
   * Resolves when an Event with this reason was written.
   *
   * @throws Error with those there are when it is not.
   */
  async untilEvent(reason: string): Promise<Event> {
    const all = (): Event[] => [...this.events.values()];
    return this.#untilFound(() => all().find((entry) => entry.reason === reason), all);
  }

  /** Looks after each change. */
  async #untilFound<T>(find: () => T | undefined, state: () => unknown): Promise<T> {
    const { promise: expired, reject } = Promise.withResolvers<never>();
    const timer = setTimeout(() => {
      reject(new Error(`did not come to pass; last seen: ${JSON.stringify(state())}`));
    }, limitMs);
    try {
      for (;;) {
        const found = find();
        if (found !== undefined) return found;
        const changed = Promise.withResolvers<undefined>();
        const look = (): void => changed.resolve(undefined);
        this.#waiting.add(look);
        await Promise.race([changed.promise, expired]);
        this.#waiting.delete(look);
      }
    } finally {
      clearTimeout(timer);
    }
  }

  async *assignedPods(signal: AbortSignal): AsyncGenerator<AssignedPod> {
    yield* this.#queue.splice(0);
    yield { kind: 'synced' };
    while (!signal.aborted) {
      const next = this.#queue.shift();
      if (next !== undefined) {
        yield next;
        continue;
      }
      const woken = Promise.withResolvers<undefined>();
      this.#wake = () => woken.resolve(undefined);
      const stop = (): void => woken.resolve(undefined);
      signal.addEventListener('abort', stop, { once: true });
      await woken.promise;
      signal.removeEventListener('abort', stop);
    }
  }

  async patchPodStatus(
    pod: Stored<Pod>,
    _before: PodStatus,
    after: PodStatus,
  ): Promise<Stored<Pod>> {
    const present = this.#pods.get(pod.metadata.uid);
    if (present === undefined) throw notFound('pods', pod.metadata.name);
    const stored = this.#store({ ...present, status: structuredClone(after) });
    this.#pods.set(pod.metadata.uid, stored);
    this.#record(stored, false);
    this.#tell({ kind: 'present', pod: stored });
    return stored;
  }

  async deletePod(pod: Stored<Pod>): Promise<void> {
    const present = this.#pods.get(pod.metadata.uid);
    if (present === undefined) throw notFound('pods', pod.metadata.name);
    this.#pods.delete(pod.metadata.uid);
    this.#record(present, true);
    this.#tell({ kind: 'gone', pod: present });
  }

  async getConfigMap(namespace: string, name: string): Promise<ConfigMap> {
    return found(this.configMaps.get(`${namespace}/${name}`), 'configmaps', name);
  }

  async getSecret(namespace: string, name: string): Promise<Secret> {
    return found(this.secrets.get(`${namespace}/${name}`), 'secrets', name);
  }

  async getVolume(name: string): Promise<PersistentVolume> {
    return found(this.volumes.get(name), 'persistentvolumes', name);
  }

  async getClaim(namespace: string, name: string): Promise<PersistentVolumeClaim> {
    return found(this.claims.get(`${namespace}/${name}`), 'persistentvolumeclaims', name);
  }

  async listServices(): Promise<readonly Service[]> {
    return this.services;
  }

  async issueToken(): Promise<IssuedToken> {
    return { token: 'a-token', expiresAtMs: this.#now() + 3_600_000 };
  }

  async createEvent(event: Event): Promise<Event> {
    this.events.set(event.metadata.name ?? '', event);
    this.#look();
    return event;
  }

  async repeatEvent(_namespace: string, name: string, repeat: EventRepeat): Promise<void> {
    const event = found(this.events.get(name), 'events', name);
    this.events.set(name, { ...event, ...repeat });
  }

  async getNode(name: string): Promise<Stored<Node>> {
    return found(this.#nodes.get(name), 'nodes', name);
  }

  async createNode(node: Node): Promise<Stored<Node>> {
    return this.updateNodeStatus(this.#store(node));
  }

  async updateNodeStatus(node: Stored<Node>): Promise<Stored<Node>> {
    this.#nodes.set(node.metadata.name, node);
    return node;
  }

  async getLease(name: string): Promise<Stored<Lease>> {
    return found(this.#leases.get(name), 'leases', name);
  }

  async createLease(lease: Lease): Promise<Stored<Lease>> {
    return this.updateLease(this.#store(lease));
  }

  async updateLease(lease: Stored<Lease>): Promise<Stored<Lease>> {
    this.#leases.set(lease.metadata.name, lease);
    return lease;
  }

  #record(pod: Stored<Pod>, deleted: boolean): void {
    this.statuses.push({
      atMs: this.#now(),
      pod: pod.metadata.name,
      deleted,
      status: pod.status ?? {},
    });
  }

  #tell(change: AssignedPod): void {
    this.#queue.push(change);
    this.#wake?.();
    this.#look();
  }

  #look(): void {
    for (const look of [...this.#waiting]) look();
  }

  #store<T extends { metadata: object }>(object: T): T & Stored<Pod & Node & Lease> {
    this.#version += 1;
    const metadata = { uid: 'a-uid', creationTimestamp: '', ...object.metadata };
    // Test objects name themselves; the rest of what storing sets is filled in here.
    return {
      ...object,
      metadata: { ...metadata, resourceVersion: String(this.#version) },
    } as unknown as T & Stored<Pod & Node & Lease>;
  }
}

function found<T>(object: T | undefined, kind: string, name: string): T {
  if (object === undefined) throw notFound(kind, name);
  return object;
}

function notFound(kind: string, name: string): StatusError {
  const message = `${kind} "${name}" not found`;
  return new StatusError({ status: 'Failure', reason: 'NotFound', code: 404, message });
}
