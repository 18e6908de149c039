export { ClientKubeletApi } from './api/client-api.ts';
export type { AssignedPod, IssuedToken, KubeletApi, TokenOptions } from './api/kubelet-api.ts';
export { systemClock, type Clock } from './clock.ts';
export type {
  Image,
  ImageMap,
  ImageUser,
  ProcessImage,
  ScriptedExec,
  ScriptedHealth,
  ScriptedImage,
  ScriptedLife,
} from './images/image.ts';
export { ImageStore } from './images/image-store.ts';
export { Kubelet, type KubeletOptions } from './kubelet.ts';
export { startLocalRuntime, type StartLocalRuntimeOptions } from './local-runtime-factory.ts';
export { PortMap } from './network/port-map.ts';
export {
  LoopbackRange,
  SharedLoopback,
  localPodAddresses,
  type PodAddresses,
} from './network/pod-addresses.ts';
export { KubeletBackend, type NodeBackend, type NodeProcess } from './backend/node-backend.ts';
export type { ContainerRuntime } from './runtime/runtime.ts';
export type { PortTarget } from './runtime/contracts.ts';
export { fillKubeletSettings, type KubeletSettings } from './settings.ts';
