import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Container, Pod, PodSpec, Stored } from '@kubewright/apimachinery';
import {
  ImageStore,
  Kubelet,
  KubeletBackend,
  PortMap,
  startLocalRuntime,
  systemClock,
  type ContainerRuntime,
  type ImageMap,
  type KubeletSettings,
} from '../src/kubelet/index.ts';
import { InMemoryKubeletApi } from './kubelet-api-in-memory.ts';

/** A kubelet with real processes, real time and an API held in memory. */
export interface TestNode extends AsyncDisposable {
  readonly api: InMemoryKubeletApi;
  readonly runtime: ContainerRuntime;
  readonly ports: PortMap;
  readonly backend: KubeletBackend;
  readonly dataDir: string;
  /** Binds a pod to the node. */
  run(spec: PodSpec): Stored<Pod>;
  /** Asks for a pod's deletion, as the API server does. */
  delete(pod: Stored<Pod>, graceSeconds: number): void;
  /** Stops the kubelet and all its containers; the folder stays until the node is disposed. */
  stop(): Promise<void>;
}

/** A program of this machine's Node.js. */
export function nodeProgram(source: string): Pick<Container, 'command'> {
  return { command: [process.execPath, '-e', source] };
}

/** Starts a node in a folder of its own, or in the one of a node before. */
export async function startTestNode(
  images: ImageMap = {},
  settings: KubeletSettings = {},
  folder?: string,
  api: InMemoryKubeletApi = new InMemoryKubeletApi(() => Date.now()),
): Promise<TestNode> {
  const dataDir = folder ?? (await mkdtemp(join(tmpdir(), 'kubewright-kubelet-')));
  const store = new ImageStore({ 'node:24': { command: [process.execPath] }, ...images });
  const runtime = await startLocalRuntime({ images: store, dataDir, clock: systemClock, settings });
  const ports = new PortMap(runtime);
  const kubelet = new Kubelet({
    nodeName: 'a-node',
    nodeIp: '127.0.0.1',
    api,
    runtime,
    images: store,
    dataDir,
    clock: systemClock,
    apiServer: () => ({ host: '127.0.0.1', port: 6443 }),
    settings: { crashLoopBackOff: { initialMs: 50, maxMs: 100 }, syncPeriodMs: 50, ...settings },
  });
  const stopped = new AbortController();
  const done = kubelet.run(stopped.signal);
  const stop = async (): Promise<void> => {
    stopped.abort();
    await done;
  };
  return {
    api,
    runtime,
    ports,
    dataDir,
    backend: new KubeletBackend({
      runtime,
      ports,
      now: () => Date.now(),
      statusOf: (uid) => kubelet.statusOf(uid),
    }),
    run(spec) {
      const uid = randomUUID();
      const pod: Stored<Pod> = {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: {
          name: `pod-${uid.slice(0, 8)}`,
          namespace: 'default',
          uid,
          generation: 1,
          resourceVersion: '1',
          creationTimestamp: new Date().toISOString(),
        },
        spec: { nodeName: 'a-node', terminationGracePeriodSeconds: 1, ...spec },
        status: { phase: 'Pending', qosClass: 'BestEffort' },
      };
      api.put(pod);
      return pod;
    },
    delete(pod, graceSeconds) {
      const present = api.pod(pod.metadata.uid) ?? pod;
      api.put({
        ...present,
        metadata: {
          ...present.metadata,
          generation: 2,
          deletionTimestamp: new Date(Date.now() + graceSeconds * 1000).toISOString(),
          deletionGracePeriodSeconds: graceSeconds,
        },
      });
    },
    stop,
    async [Symbol.asyncDispose]() {
      await stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
