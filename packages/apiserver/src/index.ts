export { ApiServer, type ApiServerOptions, type TransportUser } from './server/api-server.ts';
export { type RequestRecord } from './handler/api-handler.ts';
export {
  FaultInjector,
  type Fault,
  type FaultMatch,
  type InjectedFault,
} from './faults/fault-injector.ts';
export { type WatchCut } from './watch/watch-registry.ts';
export type { Clock } from './contracts.ts';
export { ListenError } from './access/listen-error.ts';
export { renderKubeconfig, type KubeconfigCredential, type KubeconfigOptions } from './access/kubeconfig.ts';
