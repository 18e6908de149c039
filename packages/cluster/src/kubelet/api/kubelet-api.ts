import type {
  ConfigMap,
  Lease,
  Node,
  PersistentVolume,
  PersistentVolumeClaim,
  Pod,
  PodStatus,
  Secret,
  Service,
  Stored,
} from '@kubewright/apimachinery';
import type { EventApi } from '../../events/core-event-recorder.ts';

/** A change among the pods bound to this node. */
export type AssignedPod =
  | { readonly kind: 'present'; readonly pod: Stored<Pod> }
  | { readonly kind: 'gone'; readonly pod: Stored<Pod> }
  /** Everything present at the start has been told. */
  | { readonly kind: 'synced' };

/** A token for a pod's ServiceAccount. */
export interface IssuedToken {
  readonly token: string;
  /** Milliseconds since the epoch. */
  readonly expiresAtMs: number;
}

/** What is asked of a token. */
export interface TokenOptions {
  readonly audience: string | undefined;
  /** Seconds the token is wanted for. */
  readonly expirationSeconds: number;
}

/** All the kubelet asks of the API server; errors are `StatusError`s. */
export interface KubeletApi extends EventApi {
  /** The pods bound to the node: first all there are, then `synced`, then what changes, until the signal aborts. */
  assignedPods(signal: AbortSignal): AsyncIterable<AssignedPod>;
  /** Changes a pod's status from `before` to `after`; a conflict when the name now belongs to another pod. */
  patchPodStatus(pod: Stored<Pod>, before: PodStatus, after: PodStatus): Promise<Stored<Pod>>;
  /** Removes a pod that has ended, at once. */
  deletePod(pod: Stored<Pod>): Promise<void>;
  getConfigMap(namespace: string, name: string): Promise<ConfigMap>;
  getSecret(namespace: string, name: string): Promise<Secret>;
  getClaim(namespace: string, name: string): Promise<PersistentVolumeClaim>;
  getVolume(name: string): Promise<PersistentVolume>;
  /** The Services of a namespace. */
  listServices(namespace: string): Promise<readonly Service[]>;
  issueToken(pod: Stored<Pod>, serviceAccount: string, options: TokenOptions): Promise<IssuedToken>;
  getNode(name: string): Promise<Stored<Node>>;
  createNode(node: Node): Promise<Stored<Node>>;
  updateNodeStatus(node: Stored<Node>): Promise<Stored<Node>>;
  getLease(name: string): Promise<Stored<Lease>>;
  createLease(lease: Lease): Promise<Stored<Lease>>;
  updateLease(lease: Stored<Lease>): Promise<Stored<Lease>>;
}
