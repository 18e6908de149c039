import { join } from 'node:path';
import {
  formatTime,
  type Node,
  type Pod,
  type PodStatus,
  type Stored,
} from '@kubewright/apimachinery';
import type { KubeletApi } from './api/kubelet-api.ts';
import type { Clock } from './clock.ts';
import type { EnvironmentSources } from './environment/container-environment.ts';
import type { NodeFacts } from './environment/field-value.ts';
import { EventRecorder } from './events/event-recorder.ts';
import { ImagePuller } from './images/image-puller.ts';
import type { ImageStore } from './images/image-store.ts';
import { choosesNode, rejectionOf, type PodRejection } from './node/admission.ts';
import { nodeCapacity, type NodeDescription } from './node/node-object.ts';
import { NodeRegistrar } from './node/node-registrar.ts';
import { BackOffTable } from './restart/back-off.ts';
import type { ContainerRuntime } from './runtime/runtime.ts';
import {
  fillKubeletSettings,
  type FilledKubeletSettings,
  type KubeletSettings,
} from './settings.ts';
import { StatusWriter } from './status/status-writer.ts';
import { ContainerStarter } from './sync/container-starter.ts';
import { ContainerStopper } from './sync/container-stopper.ts';
import { PodWorker, type PodWorkerOptions } from './sync/pod-worker.ts';
import { PodVolumes } from './volumes/pod-volumes.ts';
import { TokenCache } from './volumes/token-cache.ts';

/** What a kubelet is made of. */
export interface KubeletOptions {
  readonly nodeName: string;
  readonly api: KubeletApi;
  readonly runtime: ContainerRuntime;
  readonly images: ImageStore;
  /** Folder for volumes. */
  readonly dataDir: string;
  /** Folder for short paths to the roots of containers. Default: `c` in {@link dataDir}. */
  readonly shortDir?: string;
  readonly clock: Clock;
  /** Address of the node; its pods' `hostIP`. */
  readonly nodeIp: string;
  /** Where containers find the API server; asked for each container. Undefined while it does not listen. */
  readonly apiServer?: () => { readonly host: string; readonly port: number } | undefined;
  /** Further variables for the containers of a namespace; the pod's own win. Default: none. */
  readonly variablesFor?: (namespace: string) => ReadonlyMap<string, string>;
  readonly settings?: KubeletSettings;
  /** From 0 to 1; spreads the looks at many pods. Default `Math.random`. */
  readonly random?: () => number;
}

/** The version of Kubernetes whose kubelet this one behaves like. */
const kubeletVersion = 'v1.36.3';

/**
 * The kubelet of the embedded cluster: runs the pods that are bound to its node, and tells what becomes of them in
 * the words of a real one.
 */
export class Kubelet {
  readonly #options: KubeletOptions;
  readonly #settings: FilledKubeletSettings;
  readonly #recorder: EventRecorder;
  readonly #registrar: NodeRegistrar;
  readonly #shared: PodWorkerOptions;
  readonly #tokens: TokenCache;
  /** One worker for each pod, by uid. */
  readonly #workers = new Map<string, PodWorker>();
  /** Work that has not ended: workers, rejections. */
  readonly #tasks = new Set<Promise<void>>();

  constructor(options: KubeletOptions) {
    this.#options = options;
    const settings = fillKubeletSettings(options.settings);
    this.#settings = settings;
    const { api, clock, runtime, nodeName, images, dataDir } = options;
    this.#recorder = new EventRecorder(api, clock, nodeName);
    this.#tokens = new TokenCache(api, clock);
    this.#registrar = new NodeRegistrar({
      api,
      clock,
      describe: () => this.#describe(),
      leaseRenewPeriodMs: settings.leaseRenewPeriodMs,
      statusReportPeriodMs: settings.nodeStatusReportPeriodMs,
    });
    const recorder = this.#recorder;
    const puller = new ImagePuller({
      clock,
      images,
      recorder,
      backOff: new BackOffTable(settings.imagePullBackOff),
    });
    const volumes = new PodVolumes({
      dataDir,
      shortDir: options.shortDir ?? join(dataDir, 'c'),
      sourcesFor: (pod) => ({
        getConfigMap: (namespace, name) => api.getConfigMap(namespace, name),
        getSecret: (namespace, name) => api.getSecret(namespace, name),
        token: (projection) => this.#tokens.tokenFor(pod, projection),
        facts: this.#facts(runtime.podState(pod.metadata.uid).sandbox?.ip),
      }),
      claims: api,
    });
    const stopper = new ContainerStopper({ clock, runtime, recorder });
    const starter = new ContainerStarter({
      clock,
      runtime,
      recorder,
      images: puller,
      volumes,
      stopper,
      environmentFor: (namespace, podIp) => this.#environment(namespace, podIp),
      apiServer: () => options.apiServer?.(),
    });
    this.#shared = {
      clock,
      runtime,
      recorder,
      images: puller,
      volumes,
      starter,
      stopper,
      crashBackOff: new BackOffTable(settings.crashLoopBackOff),
      hostIp: options.nodeIp,
      syncPeriodMs: settings.syncPeriodMs,
      volumeRefreshMs: settings.volumeRefreshMs,
      random: options.random ?? Math.random,
    };
  }

  /**
   * Registers the node and runs its pods until the signal aborts; then everything it started is stopped at once,
   * without a word to the API server, as when a machine is switched off.
   */
  async run(signal: AbortSignal): Promise<void> {
    const { runtime, api } = this.#options;
    const forget = runtime.onChange((uid) => this.#workers.get(uid)?.poke());
    try {
      await this.#shared.volumes.prepare();
      await this.#registrar.register(signal);
      this.#recorder.node('Normal', 'Starting', 'Starting kubelet.');
      const alive = this.#registrar.keepAlive(signal);
      try {
        for await (const change of api.assignedPods(signal)) {
          if (change.kind === 'present') this.#observe(change.pod, await this.#nodeFor(change.pod));
          else if (change.kind === 'gone')
            this.#workers.get(change.pod.metadata.uid)?.vanish(change.pod);
          else await this.#removeStrangers();
        }
      } finally {
        await alive;
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      forget();
      for (const worker of this.#workers.values()) worker.stop();
      await runtime.stop();
      await Promise.all(this.#tasks);
      await this.#recorder.stop();
    }
  }

  /** Tells the API server of images that were added since the last report. */
  async reportStatus(): Promise<void> {
    await this.#registrar.reportStatus();
  }

  /** The pods of this node, as last seen. */
  pods(): readonly Stored<Pod>[] {
    return [...this.#workers.values()].map((worker) => worker.pod);
  }

  /** The newest status of a pod, reported or about to be. */
  statusOf(podUid: string): PodStatus | undefined {
    return this.#workers.get(podUid)?.status;
  }

  /** Records of pods the API server does not know (deleted while this node was off) are removed. */
  async #removeStrangers(): Promise<void> {
    const { runtime } = this.#options;
    const strangers = runtime.pods().filter((pod) => !this.#workers.has(pod.uid));
    for (const { uid } of strangers) {
      await runtime.removePod(uid);
      await this.#shared.volumes.tearDown(uid);
    }
  }

  /** The node with its labels of this moment, for a new pod that chooses by them; undefined when nobody can tell. */
  async #nodeFor(pod: Stored<Pod>): Promise<Stored<Node> | undefined> {
    if (this.#workers.has(pod.metadata.uid) || !choosesNode(pod)) return undefined;
    const { api, nodeName } = this.#options;
    // A pod is not refused for a server that is away.
    return api.getNode(nodeName).catch(() => undefined);
  }

  #observe(pod: Stored<Pod>, node: Stored<Node> | undefined): void {
    const { uid } = pod.metadata;
    const worker = this.#workers.get(uid);
    if (worker !== undefined) {
      worker.update(pod);
      return;
    }
    const writer = new StatusWriter(this.#options.api, this.#options.clock, pod);
    const rejection = this.#admit(pod, node);
    if (rejection !== undefined) this.#reject(pod, writer, rejection);
    const added = new PodWorker(this.#shared, pod, writer);
    this.#workers.set(uid, added);
    if (pod.metadata.deletionTimestamp !== undefined) added.update(pod);
    this.#track(
      added.run().finally(() => {
        if (this.#workers.get(uid) === added) this.#workers.delete(uid);
      }),
    );
  }

  #admit(pod: Stored<Pod>, node: Stored<Node> | undefined): PodRejection | undefined {
    // What ran here before was admitted then.
    if (pod.status?.startTime !== undefined || pod.metadata.deletionTimestamp !== undefined)
      return undefined;
    const others = [...this.#workers.values()]
      .filter((worker) => !worker.hasEnded)
      .map((worker) => worker.pod);
    return rejectionOf(pod, others, nodeCapacity(this.#settings.maxPods), node);
  }

  #reject(pod: Stored<Pod>, writer: StatusWriter, { reason, message }: PodRejection): void {
    this.#recorder.pod(pod, 'Warning', reason, message);
    const { generation } = pod.metadata;
    const status: PodStatus = {
      ...(generation === undefined ? {} : { observedGeneration: generation }),
      phase: 'Failed',
      reason,
      message: `Pod was rejected: ${message}`,
      startTime: formatTime(new Date(this.#options.clock.now())),
      ...(pod.status?.qosClass === undefined ? {} : { qosClass: pod.status.qosClass }),
    };
    writer.set(status);
  }

  #environment(namespace: string, podIp: string | undefined): EnvironmentSources {
    const { api, apiServer, variablesFor } = this.#options;
    const server = apiServer?.();
    const base = new Map(variablesFor?.(namespace));
    if (server !== undefined) {
      base.set('KUBERNETES_SERVICE_HOST', server.host);
      base.set('KUBERNETES_SERVICE_PORT', String(server.port));
      base.set('KUBERNETES_SERVICE_PORT_HTTPS', String(server.port));
    }
    return {
      getConfigMap: (namespace, name) => api.getConfigMap(namespace, name),
      getSecret: (namespace, name) => api.getSecret(namespace, name),
      listServices: (namespace) => api.listServices(namespace),
      base,
      facts: this.#facts(podIp),
    };
  }

  #facts(podIp: string | undefined): NodeFacts {
    const { nodeName, nodeIp } = this.#options;
    return { nodeName, hostIp: nodeIp, podIp, allocatable: nodeCapacity(this.#settings.maxPods) };
  }

  #describe(): NodeDescription {
    const { nodeName, nodeIp, runtime, images } = this.#options;
    return {
      name: nodeName,
      ip: nodeIp,
      maxPods: this.#settings.maxPods,
      runtimeVersion: runtime.version,
      kubeletVersion,
      images: images.names(),
      port: 10250,
    };
  }

  #track(task: Promise<void>): void {
    this.#tasks.add(task);
    void task.finally(() => this.#tasks.delete(task));
  }
}
