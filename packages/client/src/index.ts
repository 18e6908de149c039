export type { FieldValidation } from './api/client-context.ts';
export type {
  GetOptions,
  ListAllOptions,
  ListOptions,
  SelectionOptions,
  WatchOptions,
} from './api/read-options.ts';
export type { RequestSample } from './api/request-sample.ts';
export type { RetryAfterOptions } from './api/retry-after.ts';
export type { ScaleObject } from './api/scale.ts';
export { retryOnConflict, type RetryOnConflictOptions } from './api/retry-on-conflict.ts';
export type {
  ApplyConfiguration,
  ApplyOptions,
  DeleteAllOptions,
  DeleteOptions,
  EvictOptions,
  JsonPatchOperation,
  Patch,
  PatchOptions,
  PropagationPolicy,
  WriteOptions,
} from './api/write-options.ts';
export { Client, type ClientOptions, type ClientSettings } from './client.ts';
export { CredentialError, type CredentialErrorCode } from './credentials/credential-error.ts';
export {
  fixedCredentials,
  type ClientCertificate,
  type Credential,
  type CredentialHeaders,
  type Credentials,
} from './credentials/credentials.ts';
export { DecodeError, type DecodeErrorCode } from './decode/decode-error.ts';
export { decoderFor } from './decode/decoder-for.ts';
export {
  defaultMaxObjectBytes,
  type Decoder,
  type DecoderOptions,
  type ListStream,
} from './decode/decoder.ts';
export { isInitialEventsEnd, type Bookmark, type WatchEvent } from './decode/watch-event.ts';
export type { DiscoveredResource } from './discovery/api-resources.ts';
export { DiscoveryError } from './discovery/discovery-error.ts';
export type { ServerVersion } from './discovery/server-version.ts';
export { connect, type ConnectOptions } from './http/connect.ts';
export { HttpTransport, type HttpTransportOptions } from './http/http-transport.ts';
export type { ConnectionRetryOptions } from './http/retry-schedule.ts';
export {
  TransportError,
  type TransportErrorCode,
  type TransportErrorOptions,
} from './http/transport-error.ts';
export type {
  ClusterEntry,
  ContextEntry,
  ExecEntry,
  ImpersonationEntry,
  KubeConfigEntries,
  PemSource,
  UserEntry,
} from './kubeconfig/entries.ts';
export type { InClusterOptions } from './kubeconfig/in-cluster.ts';
export { KubeConfigError, type KubeConfigErrorCode } from './kubeconfig/kube-config-error.ts';
export { KubeConfig, type CurrentContext } from './kubeconfig/kube-config.ts';
export { loadKubeConfig, type LoadKubeConfigOptions } from './kubeconfig/load-kube-config.ts';
export type { KubeConfigOrigin } from './kubeconfig/parse-kube-config.ts';
export type { CommandExit } from './streams/command-exit.ts';
export type { CommandSession, TerminalSize } from './streams/command-session.ts';
export type { AttachOptions, ExecOptions } from './streams/pod-command.ts';
export type { LogOptions } from './streams/pod-logs.ts';
export { PortForwardError } from './streams/port-forward-error.ts';
export type { PortForwardOptions } from './streams/port-forward.ts';
export { PortForwarder, type PortForwarderOptions } from './streams/port-forwarder.ts';
export type { CommandInput } from './streams/send-input.ts';
