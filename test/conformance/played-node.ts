import {
  formatTime,
  isNotFound,
  Lease,
  Node,
  Pod,
  type PodStatus,
  type Stored,
} from '@kubewright/apimachinery';
import type { Client } from '@kubewright/client';
import { untilObject } from './until-object.ts';

/** How often a played node shows that it is alive, in milliseconds; a controller misses one after 50 s. */
const heartbeatMs = 5_000;

/** What a {@link PlayedNode} has. */
export interface PlayedNodeOptions {
  readonly labels?: Readonly<Record<string, string>>;
  readonly taints?: NonNullable<NonNullable<Node['spec']>['taints']>;
  /** Whether the scheduler may choose it. Default: no; pods name it. */
  readonly isSchedulable?: boolean;
}

/**
 * A node that is ready and stays so, on which nothing happens but what a test writes. Pods on a node that does not exist are
 * deleted after a while, as are those on no node whose deletion is held up.
 */
export class PlayedNode implements AsyncDisposable {
  readonly name: string;
  readonly #client: Client;
  readonly #timer: NodeJS.Timeout;
  #beat: Promise<void> = Promise.resolve();

  private constructor(client: Client, name: string) {
    this.#client = client;
    this.name = name;
    this.#timer = setInterval(() => {
      this.#beat = this.#beat.then(() => this.#show());
    }, heartbeatMs);
  }

  /** One that the scheduler may choose is free for it when this returns. */
  static async start(
    client: Client,
    name: string,
    { labels = {}, taints = [], isSchedulable = false }: PlayedNodeOptions = {},
  ): Promise<PlayedNode> {
    await client.create(Node, {
      metadata: { name, labels: { ...labels } },
      spec: { taints: [...taints], ...(isSchedulable ? {} : { unschedulable: true }) },
    });
    const node = new PlayedNode(client, name);
    try {
      await node.#becomeReady();
      if (isSchedulable) await node.#untilFree();
      return node;
    } catch (error) {
      await node[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Ends and removes it; may be repeated. */
  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    await this.#beat;
    await this.#client.delete(Node, { name: this.name }).catch(ignoreNotFound);
    await this.#client.delete(Lease, this.#lease).catch(ignoreNotFound);
  }

  get #lease(): { readonly namespace: string; readonly name: string } {
    return { namespace: 'kube-node-lease', name: this.name };
  }

  async #becomeReady(): Promise<void> {
    const time = formatTime(new Date());
    const resources = { cpu: '4', memory: '8Gi', pods: '110' };
    const ready = {
      type: 'Ready',
      status: 'True',
      reason: 'KubeletReady',
      lastHeartbeatTime: time,
      lastTransitionTime: time,
    };
    await this.#client.patch(
      Node,
      { name: this.name },
      {
        type: 'merge',
        body: { status: { capacity: resources, allocatable: resources, conditions: [ready] } },
      },
      { subresource: 'status' },
    );
    await this.#show();
  }

  /** A controller takes off what keeps pods away from new nodes. */
  async #untilFree(): Promise<void> {
    await untilObject(
      this.#client,
      Node,
      { name: this.name },
      ({ spec }) => !(spec?.taints ?? []).some(({ key }) => key === 'node.kubernetes.io/not-ready'),
    );
  }

  /** By its lease, as a kubelet does. A failure is made good by the next one. */
  async #show(): Promise<void> {
    await this.#client
      .apply(
        Lease,
        {
          metadata: this.#lease,
          spec: {
            holderIdentity: this.name,
            leaseDurationSeconds: 40,
            renewTime: new Date().toISOString().replace('Z', '000Z'),
          },
        },
        { fieldManager: 'played-node', force: true },
      )
      .catch(() => undefined);
  }
}

function ignoreNotFound(error: unknown): void {
  if (!isNotFound(error)) throw error;
}

/** Writes the status of a pod as a node would. */
export async function setPodStatus(
  client: Client,
  { metadata: { namespace, name } }: Stored<Pod>,
  status: PodStatus,
): Promise<void> {
  await client.patch(
    Pod,
    { namespace, name },
    { type: 'strategic', body: { status } },
    { subresource: 'status' },
  );
}

/** Writes that a pod runs and is ready, or no longer is. */
export function setPodReady(client: Client, pod: Stored<Pod>, isReady = true): Promise<void> {
  const lastTransitionTime = new Date().toISOString().replace(/\.\d+Z$/, 'Z');
  const status = isReady ? 'True' : 'False';
  return setPodStatus(client, pod, {
    phase: 'Running',
    conditions: [{ type: 'Ready', status, lastTransitionTime }],
  });
}

/**
 * Plays the node of pods that none takes, while something is waited for: each pod becomes ready as soon as it is made.
 *
 * @returns what `wait` resolves with.
 */
export async function withPlayedNode<T>(
  client: Client,
  selection: { readonly namespace: string; readonly labelSelector: string },
  wait: () => Promise<T>,
): Promise<T> {
  const stop = new AbortController();
  const node = (async () => {
    for await (const { type, object } of client.watch(Pod, { ...selection, signal: stop.signal })) {
      if (type !== 'ADDED') continue;
      try {
        await setPodReady(client, object);
      } catch (error) {
        if (!isNotFound(error)) throw error; // deleted meanwhile
      }
    }
  })();
  try {
    return await Promise.race([
      wait(),
      node.then(() => Promise.reject(new Error('the watch of pods ended'))),
    ]);
  } finally {
    stop.abort(new Error('enough'));
    await node.catch(() => undefined);
  }
}
