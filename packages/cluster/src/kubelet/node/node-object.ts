import { arch, cpus, hostname, release, totalmem, type as systemType } from 'node:os';
import { createHash } from 'node:crypto';
import type { Node, NodeCondition, NodeStatus } from '@kubewright/apimachinery';

/** What a node says of itself. */
export interface NodeDescription {
  readonly name: string;
  /** Address of the node; its pods' `hostIP`. */
  readonly ip: string;
  readonly maxPods: number;
  /** As the container runtime names itself, such as `kubewright://1.0.0`. */
  readonly runtimeVersion: string;
  /** Version of Kubernetes whose kubelet this one behaves like. */
  readonly kubeletVersion: string;
  /** Full names of the images it has. */
  readonly images: readonly string[];
  /** Port of the kubelet's own server; 0 when it is reached within the process. */
  readonly port: number;
}

/** What a node can give to pods: all of this machine. */
export function nodeCapacity(maxPods: number): Readonly<Record<string, string>> {
  return {
    cpu: String(Math.max(cpus().length, 1)),
    'ephemeral-storage': '100Gi',
    memory: `${String(Math.floor(totalmem() / 1024))}Ki`,
    pods: String(maxPods),
  };
}

/** The architecture in the words of container images. */
export function imageArchitecture(nodeArch: string = arch()): string {
  return nodeArch === 'x64' ? 'amd64' : nodeArch;
}

/**
 * The Node object of this machine, as it registers itself.
 *
 * Caveats: the operating system is always called `linux`, because that is what the node selectors of
 * manifests ask for; `nodeInfo.osImage` and `kernelVersion` tell what it really is.
 */
export function nodeObject(description: NodeDescription, now: string): Node {
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: description.name, labels: nodeLabels(description.name) },
    spec: {},
    status: nodeStatus(description, [], now),
  };
}

/** The labels every kubelet puts on its node. */
export function nodeLabels(name: string): Record<string, string> {
  const architecture = imageArchitecture();
  return {
    'beta.kubernetes.io/arch': architecture,
    'beta.kubernetes.io/os': 'linux',
    'kubernetes.io/arch': architecture,
    'kubernetes.io/hostname': name,
    'kubernetes.io/os': 'linux',
  };
}

/** The status of the node; times of transition are kept from the conditions it had. */
export function nodeStatus(
  description: NodeDescription,
  previous: readonly NodeCondition[],
  now: string,
): NodeStatus {
  const capacity = nodeCapacity(description.maxPods);
  const machineId = createHash('md5').update(hostname()).digest('hex');
  const healthy: readonly (readonly [string, string, string, string])[] = [
    [
      'MemoryPressure',
      'False',
      'KubeletHasSufficientMemory',
      'kubelet has sufficient memory available',
    ],
    ['DiskPressure', 'False', 'KubeletHasNoDiskPressure', 'kubelet has no disk pressure'],
    ['PIDPressure', 'False', 'KubeletHasSufficientPID', 'kubelet has sufficient PID available'],
    ['Ready', 'True', 'KubeletReady', 'kubelet is posting ready status'],
  ];
  const own = new Set(healthy.map(([type]) => type));
  const conditions = healthy.map(([type, status, reason, message]): NodeCondition => {
    const old = previous.find((condition) => condition.type === type);
    const lastTransitionTime = old?.status === status ? (old.lastTransitionTime ?? now) : now;
    return { type, status, reason, message, lastHeartbeatTime: now, lastTransitionTime };
  });
  return {
    capacity,
    allocatable: capacity,
    conditions: [...conditions, ...previous.filter((condition) => !own.has(condition.type))],
    addresses: [
      { type: 'InternalIP', address: description.ip },
      { type: 'Hostname', address: description.name },
    ],
    daemonEndpoints: { kubeletEndpoint: { Port: description.port } },
    nodeInfo: {
      machineID: machineId,
      systemUUID: machineId,
      bootID: machineId,
      kernelVersion: release(),
      osImage: `${systemType()} (processes of this machine)`,
      containerRuntimeVersion: description.runtimeVersion,
      kubeletVersion: description.kubeletVersion,
      kubeProxyVersion: '',
      operatingSystem: 'linux',
      architecture: imageArchitecture(),
    },
    images: description.images.map((name) => ({ names: [name], sizeBytes: 0 })),
  };
}
