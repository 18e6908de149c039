export { CertificateAuthority, type KeyedCertificate } from './access/certificate-authority.ts';
export {
  renderKubeconfig,
  type KubeconfigCredential,
  type KubeconfigOptions,
} from './access/kubeconfig.ts';
export { ListenError } from './access/listen-error.ts';
export type { Clock, SecretTokenOptions } from './contracts.ts';
export {
  FaultInjector,
  type Fault,
  type FaultInjectorOptions,
  type FaultMatch,
  type InjectedFault,
  type Listening,
} from './faults/fault-injector.ts';
export { type RequestRecord } from './handler/api-handler.ts';
export { countedKinds, mayRelease, recount } from './quota/recount.ts';
export {
  ApiServer,
  type ApiServerOptions,
  type ClientCertificate,
  type ClientCertificateOptions,
  type TransportUser,
} from './server/api-server.ts';
export { ConnectionRefusedError, ConnectionResetError } from './server/in-process-transport.ts';
export { type ListenAddress, type ListenOptions } from './server/listening.ts';
export type * from './streams/node-backend.ts';
export { type WatchCut } from './watch/watch-registry.ts';
