import {
  ConfigMap,
  Event,
  isExpired,
  keyOf,
  Lease,
  Node,
  PersistentVolume,
  PersistentVolumeClaim,
  Pod,
  resourcePath,
  Secret,
  Service,
  ServiceAccount,
  StatusError,
  type ObjectList,
  type PodStatus,
  type Status,
  type Stored,
  type TokenRequest,
  type TransportResponse,
} from '@kubewright/apimachinery';
import type { Client } from '@kubewright/client';
import type { Clock } from '../clock.ts';
import { statusPatch } from '../status/status-patch.ts';
import type { AssignedPod, IssuedToken, KubeletApi, TokenOptions } from './kubelet-api.ts';
import type { EventRepeat } from '../../events/core-event-recorder.ts';

/** Namespace of the Leases of nodes. */
const leaseNamespace = 'kube-node-lease';
/** Pause before a broken watch is begun again, in milliseconds; doubled up to the longest. */
const firstRetryMs = 800;
const longestRetryMs = 30_000;

/** The kubelet's way to the API server, over a {@link Client}. */
export class ClientKubeletApi implements KubeletApi {
  readonly #client: Client;
  readonly #clock: Clock;
  readonly #nodeName: string;

  constructor(client: Client, clock: Clock, nodeName: string) {
    this.#client = client;
    this.#clock = clock;
    this.#nodeName = nodeName;
  }

  async *assignedPods(signal: AbortSignal): AsyncGenerator<AssignedPod> {
    const known = new Map<string, Stored<Pod>>();
    let version: string | undefined;
    let synced = false;
    for (let pauseMs = firstRetryMs; !signal.aborted;) {
      const before = version;
      try {
        if (version === undefined) {
          const list = await this.#listPods(signal);
          yield* reconcile(known, list.items);
          version = list.metadata.resourceVersion;
          if (!synced) yield { kind: 'synced' };
          synced = true;
        }
        const selection = { fieldSelector: `spec.nodeName=${this.#nodeName}` };
        const watch = this.#client.watch(Pod, {
          ...selection,
          ...(version === undefined ? {} : { resourceVersion: version }),
          signal,
        });
        for await (const event of watch) {
          version = event.object.metadata.resourceVersion;
          if (event.type === 'BOOKMARK') continue;
          yield* change(known, event.object, event.type === 'DELETED');
        }
      } catch (error) {
        if (isExpired(error)) version = undefined;
      }
      // What ends without any progress is not asked for again in a tight loop.
      pauseMs = version === before ? Math.min(pauseMs * 2, longestRetryMs) : firstRetryMs;
      if (version === before) await this.#clock.after(pauseMs, signal).catch(() => undefined);
    }
  }

  async patchPodStatus(
    pod: Stored<Pod>,
    before: PodStatus,
    after: PodStatus,
  ): Promise<Stored<Pod>> {
    const status = statusPatch(before, after);
    if (status === undefined) return pod;
    // The uid makes the patch fail when the name belongs to another pod by now.
    const body = { metadata: { uid: pod.metadata.uid }, status };
    return this.#client.patch(
      Pod,
      refOf(pod),
      { type: 'strategic', body },
      { subresource: 'status' },
    );
  }

  async deletePod(pod: Stored<Pod>): Promise<void> {
    await this.#client.delete(Pod, refOf(pod), {
      gracePeriodSeconds: 0,
      preconditions: { uid: pod.metadata.uid },
    });
  }

  getConfigMap(namespace: string, name: string): Promise<ConfigMap> {
    return this.#client.get(ConfigMap, { namespace, name });
  }

  getSecret(namespace: string, name: string): Promise<Secret> {
    return this.#client.get(Secret, { namespace, name });
  }

  getClaim(namespace: string, name: string): Promise<PersistentVolumeClaim> {
    return this.#client.get(PersistentVolumeClaim, { namespace, name });
  }

  getVolume(name: string): Promise<PersistentVolume> {
    return this.#client.get(PersistentVolume, { name });
  }

  async listServices(namespace: string): Promise<readonly Service[]> {
    return (await this.#client.list(Service, { namespace })).items;
  }

  async issueToken(
    pod: Stored<Pod>,
    serviceAccount: string,
    options: TokenOptions,
  ): Promise<IssuedToken> {
    const request: TokenRequest = {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenRequest',
      metadata: {},
      spec: {
        audiences: options.audience === undefined ? [] : [options.audience],
        expirationSeconds: options.expirationSeconds,
        boundObjectRef: {
          apiVersion: 'v1',
          kind: 'Pod',
          name: pod.metadata.name,
          uid: pod.metadata.uid,
        },
      },
    };
    const path = resourcePath(ServiceAccount, {
      namespace: pod.metadata.namespace,
      name: serviceAccount,
      subresource: 'token',
    });
    const response = await this.#client.raw({
      method: 'POST',
      path,
      headers: { 'content-type': 'application/json', accept: 'application/json' },
      body: JSON.stringify(request),
    });
    const answer = await readAnswer<TokenRequest>(response, `create token of ${serviceAccount}`);
    const { token = '', expirationTimestamp = '' } = answer.status ?? {};
    return { token, expiresAtMs: Date.parse(expirationTimestamp) };
  }

  createEvent(event: Event): Promise<Stored<Event>> {
    return this.#client.create(Event, event);
  }

  async repeatEvent(namespace: string, name: string, repeat: EventRepeat): Promise<void> {
    await this.#client.patch(Event, { namespace, name }, { type: 'strategic', body: repeat });
  }

  getNode(name: string): Promise<Stored<Node>> {
    return this.#client.get(Node, { name });
  }

  createNode(node: Node): Promise<Stored<Node>> {
    return this.#client.create(Node, node);
  }

  updateNodeStatus(node: Stored<Node>): Promise<Stored<Node>> {
    return this.#client.updateStatus(Node, node);
  }

  getLease(name: string): Promise<Stored<Lease>> {
    return this.#client.get(Lease, { namespace: leaseNamespace, name });
  }

  createLease(lease: Lease): Promise<Stored<Lease>> {
    return this.#client.create(Lease, lease);
  }

  updateLease(lease: Stored<Lease>): Promise<Stored<Lease>> {
    return this.#client.update(Lease, lease);
  }

  #listPods(signal: AbortSignal): Promise<ObjectList<Stored<Pod>>> {
    return this.#client.list(Pod, { fieldSelector: `spec.nodeName=${this.#nodeName}`, signal });
  }
}

/** The JSON of an answer. @throws StatusError when the server refused. */
async function readAnswer<T>(response: TransportResponse, attempt: string): Promise<T> {
  const parts: Uint8Array[] = [];
  for await (const part of response.body) parts.push(part);
  const text = Buffer.concat(parts).toString('utf8');
  // The caller says what the server answers a success with.
  if (response.status < 300) return JSON.parse(text) as T;
  throw new StatusError(statusIn(text, response.status), { attempt });
}

/** The Status of a refusal; something in between may have answered without one. */
function statusIn(text: string, code: number): Status {
  try {
    // Every field of a Status is optional.
    return { code, ...(JSON.parse(text) as Status) };
  } catch {
    return { code, message: text };
  }
}

function refOf(pod: Stored<Pod>): { namespace: string; name: string } {
  return { namespace: pod.metadata.namespace ?? 'default', name: pod.metadata.name };
}

/** What changed between what was known and a new list. */
function* reconcile(
  known: Map<string, Stored<Pod>>,
  pods: readonly Stored<Pod>[],
): Generator<AssignedPod> {
  const present = new Set(pods.map((pod) => pod.metadata.uid));
  for (const [key, pod] of known) {
    if (present.has(pod.metadata.uid)) continue;
    known.delete(key);
    yield { kind: 'gone', pod };
  }
  for (const pod of pods) yield* change(known, pod, false);
}

function* change(
  known: Map<string, Stored<Pod>>,
  pod: Stored<Pod>,
  isDeleted: boolean,
): Generator<AssignedPod> {
  const key = keyOf(pod);
  const before = known.get(key);
  // The name was given to another pod while nobody watched.
  if (before !== undefined && before.metadata.uid !== pod.metadata.uid) {
    yield { kind: 'gone', pod: before };
  }
  if (isDeleted) {
    known.delete(key);
    yield { kind: 'gone', pod };
  } else {
    known.set(key, pod);
    yield { kind: 'present', pod };
  }
}
