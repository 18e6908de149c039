import type { CustomResourceDefinition } from '@kubewright/apimachinery';
import type { Client } from '@kubewright/client';

/** Who a client acts as. */
export interface TestUser {
  /** User name. */
  readonly user: string;
  /** Default: none beside `system:authenticated`. */
  readonly groups?: readonly string[];
}

/** Which server a test environment has. */
export type TestEnvironmentKind =
  /** The embedded server, without a socket. */
  | 'in-process'
  /** The embedded server, over TLS. */
  | 'tls'
  /** etcd and kube-apiserver from the folder in `KUBEBUILDER_ASSETS`. */
  | 'local-binaries'
  /** The cluster that `KUBECONFIG` leads to. */
  | 'existing';

/** What an environment has beside an API server. A suite asks, and says aloud what it leaves out. */
export interface Capabilities {
  /** Deployments make ReplicaSets make pods; dependents of what is deleted go; namespaces go. */
  readonly controllers: boolean;
  /** Pods run. */
  readonly node: boolean;
}

/** What becomes of requests that a fault strikes. */
export type TestFaultEffect =
  /** The server refuses instead of handling the request. */
  | {
      readonly type: 'refusal';
      /** HTTP status. */
      readonly code: number;
      /** Whole seconds after which the client should come back. Default: the answer does not say. */
      readonly retryAfterSeconds?: number;
    }
  /** The connection breaks before the request is handled. */
  | { readonly type: 'reset' }
  /** The request is handled, then the connection breaks: what was written is written. */
  | { readonly type: 'lost-answer' };

/** A fault, and the requests it strikes; fields left out match all. */
export interface TestFault {
  /** As in RBAC: `create`, `watch`. */
  readonly verb?: string;
  /** Plural, such as `pods`. */
  readonly resource?: string;
  /** Namespace in the URL. */
  readonly namespace?: string;
  /** Name in the URL. */
  readonly name?: string;
  readonly effect: TestFaultEffect;
  /** How many requests it strikes before it is spent. Default: all, until it is disposed of. */
  readonly times?: number;
}

/** A fault in force; disposing ends it. */
export interface InjectedTestFault extends Disposable {
  /** How many requests it has struck. */
  readonly struck: number;
}

/** Failures that an environment can bring about. */
export interface TestFaults {
  /** Stops the API server the hard way and starts it again on the same address with the same objects. */
  readonly restartServer: () => Promise<void>;
  /** Ends all watches as a broken connection would. Absent where it cannot be done. */
  readonly cutWatches?: () => Promise<void>;
  /** Forgets the history, so that watches and continue tokens from before expire (410). Absent where it cannot be done. */
  readonly compact?: () => Promise<void>;
  /** Makes single requests fail. Absent on real servers. */
  readonly inject?: (fault: TestFault) => InjectedTestFault;
}

/** One API server to run a suite against, whatever it is. */
export interface TestEnvironment extends AsyncDisposable {
  readonly kind: TestEnvironmentKind;
  readonly capabilities: Capabilities;
  /** Absent where none can be brought about. */
  readonly faults?: TestFaults;
  /** A kubeconfig for an administrator, for programs beside the test. Absent in process. */
  readonly kubeconfigPath?: string;
  /** A new client; the environment closes it. Default user: an administrator. */
  client(as?: TestUser): Promise<Client>;
  /** Makes a namespace of its own, which pods can be made in; the environment deletes it. */
  newNamespace(): Promise<string>;
  /**
   * Installs definitions of custom resources, and returns when the server serves all their versions. The environment
   * takes away those it made, with their objects, when it is disposed of; one that was there is used as it is, and stays.
   */
  install(...manifests: readonly CustomResourceDefinition[]): Promise<void>;
}
