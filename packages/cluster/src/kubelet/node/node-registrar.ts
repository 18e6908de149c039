import {
  deepEqual,
  formatMicroTime,
  formatTime,
  isAlreadyExists,
  isConflict,
  isNotFound,
  type Node,
  type Stored,
} from '@kubewright/apimachinery';
import type { KubeletApi } from '../api/kubelet-api.ts';
import type { Clock } from '../clock.ts';
import { nodeObject, nodeStatus, nodeLabels, type NodeDescription } from './node-object.ts';

/** What keeping a Node alive needs. */
export interface NodeRegistrarOptions {
  readonly api: KubeletApi;
  readonly clock: Clock;
  /** The node as it is now; asked again before each report. */
  readonly describe: () => NodeDescription;
  readonly leaseRenewPeriodMs: number;
  readonly statusReportPeriodMs: number;
}

/** Seconds a node may be silent before it is given up, as in Kubernetes. */
const leaseDurationSeconds = 40;
/** Pause before registration is tried again, in milliseconds; doubled up to the longest. As in Kubernetes. */
const firstRetryMs = 100;
const longestRetryMs = 7_000;

/** Registers the Node and says again and again that it lives: by its Lease, and by its status when that changed. */
export class NodeRegistrar {
  readonly #options: NodeRegistrarOptions;
  #reportedAtMs = 0;

  constructor(options: NodeRegistrarOptions) {
    this.#options = options;
  }

  /**
   * Makes the Node, or takes over the one of this name; tries until it is there.
   *
   * @throws `signal.reason` when the signal aborts first.
   */
  async register(signal: AbortSignal): Promise<Stored<Node>> {
    for (let pauseMs = firstRetryMs; ; pauseMs = Math.min(pauseMs * 2, longestRetryMs)) {
      signal.throwIfAborted();
      try {
        return await this.#createOrAdopt();
      } catch {
        // Anything may be in the way while a cluster starts; the next try tells.
        await this.#options.clock.after(pauseMs, signal);
      }
    }
  }

  /** Renews Lease and status until the signal aborts. */
  async keepAlive(signal: AbortSignal): Promise<void> {
    const { clock, leaseRenewPeriodMs } = this.#options;
    while (!signal.aborted) {
      try {
        await this.#renewLease();
        await this.reportStatus();
      } catch {
        // A server that is away or refuses is asked again at the next turn; until then the node counts as silent.
      }
      await clock.after(leaseRenewPeriodMs, signal).catch(() => undefined);
    }
  }

  /** Writes the Node's status when it changed or was not written for long; makes the Node again when it was deleted. */
  async reportStatus(): Promise<void> {
    const { api, clock, describe, statusReportPeriodMs } = this.#options;
    const description = describe();
    const node = await api.getNode(description.name).catch((error: unknown) => {
      if (isNotFound(error)) return undefined;
      throw error;
    });
    if (node === undefined) {
      await this.#createOrAdopt();
      return;
    }
    const now = formatTime(new Date(clock.now()));
    const status = nodeStatus(description, node.status?.conditions ?? [], now);
    const due = clock.now() - this.#reportedAtMs >= statusReportPeriodMs;
    if (!due && deepEqual(withoutHeartbeat(status), withoutHeartbeat(node.status ?? {}))) return;
    await this.#writeStatus({ ...node, status: { ...node.status, ...status } });
  }

  async #createOrAdopt(): Promise<Stored<Node>> {
    const { api, clock, describe } = this.#options;
    const description = describe();
    const now = formatTime(new Date(clock.now()));
    const wanted = nodeObject(description, now);
    try {
      const created = await api.createNode(wanted);
      // A server may drop the status of a new object.
      return await this.#writeStatus({ ...created, ...statusOf(wanted) });
    } catch (error) {
      if (!isAlreadyExists(error)) throw error;
    }
    const present = await api.getNode(description.name);
    const status = nodeStatus(description, present.status?.conditions ?? [], now);
    const labels = { ...present.metadata.labels, ...nodeLabels(description.name) };
    return this.#writeStatus({
      ...present,
      metadata: { ...present.metadata, labels },
      status: { ...present.status, ...status },
    });
  }

  async #writeStatus(node: Stored<Node>): Promise<Stored<Node>> {
    const { api, clock } = this.#options;
    try {
      const written = await api.updateNodeStatus(node);
      this.#reportedAtMs = clock.now();
      return written;
    } catch (error) {
      // Another writer was faster; the next report begins with what it wrote.
      if (isConflict(error)) return node;
      throw error;
    }
  }

  async #renewLease(): Promise<void> {
    const { api, clock, describe } = this.#options;
    const { name } = describe();
    const renewTime = formatMicroTime(new Date(clock.now()));
    try {
      const lease = await api.getLease(name);
      await api.updateLease({
        ...lease,
        spec: { ...lease.spec, holderIdentity: name, leaseDurationSeconds, renewTime },
      });
    } catch (error) {
      if (!isNotFound(error)) throw error;
      const node = await api.getNode(name);
      await api.createLease({
        apiVersion: 'coordination.k8s.io/v1',
        kind: 'Lease',
        metadata: {
          name,
          namespace: 'kube-node-lease',
          ownerReferences: [{ apiVersion: 'v1', kind: 'Node', name, uid: node.metadata.uid }],
        },
        spec: { holderIdentity: name, leaseDurationSeconds, renewTime },
      });
    }
  }
}

function statusOf(node: Node): Pick<Node, 'status'> {
  return node.status === undefined ? {} : { status: node.status };
}

function withoutHeartbeat(status: NonNullable<Node['status']>): unknown {
  const { addresses, allocatable, capacity, images, nodeInfo } = status;
  const conditions = (status.conditions ?? []).map((condition) => ({
    ...condition,
    lastHeartbeatTime: undefined,
  }));
  return { addresses, allocatable, capacity, images, nodeInfo, conditions };
}
