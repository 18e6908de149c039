import type { KubernetesObject } from '@kubewright/apimachinery';
import type { ContainerType, Remediation } from '@kubewright/diagnosis';

/** What is known of a pod before it is made, because the scenario makes it so. */
export interface Claim {
  /** Category of the finding, or `Healthy`, `Starting`, `Completed`. */
  readonly category: string;
  readonly alsoAccept?: readonly string[];
  /** Absent: the finding is of no container. */
  readonly container?: string;
  /** Default: `app` where a container is named. */
  readonly containerType?: ContainerType;
  /** The most that is safe. */
  readonly remediation: Remediation;
  /** Whether the finding is that of an owner, which has no pod. Default `Pod`. */
  readonly subject?: 'Pod' | 'owner';
  /** Prefix of the names of the pods or owners that are asked for. Default: those that show the sign. */
  readonly of?: string;
  /** The claim holds between these seconds. Default: at the end. */
  readonly judge?: readonly [number, number];
}

/** What is done to the pods later. */
export interface Action {
  /** Seconds after the objects were made. */
  readonly at: number;
  readonly create?: KubernetesObject;
  readonly patch?: ObjectName & {
    readonly body: unknown;
    readonly type?: 'merge' | 'strategic';
    readonly subresource?: string;
  };
  readonly delete?: ObjectName & { readonly graceSeconds?: number };
  /** Name of a pod that is evicted; with a `*` at its end, the first with that prefix. */
  readonly evict?: string;
}

/** An object by kind and name; a `*` at the end of the name: the first with that prefix. */
export interface ObjectName {
  readonly kind: string;
  readonly name: string;
}

/** A way for pods to fail, or to look as if they did: what is made, what is done, and what the right answer is. */
export interface Scenario {
  readonly name: string;
  readonly modes: readonly number[];
  /** What is really done. */
  readonly cause: string;
  readonly claim: Claim;
  /** Found in the first line of the recording that shows the claim. */
  readonly sign?: RegExp;
  /** How long it is recorded. */
  readonly seconds: number;
  /** Whether it changes the node, so that nothing else may run beside it. */
  readonly alone: boolean;
  readonly objects: readonly KubernetesObject[];
  readonly actions: readonly Action[];
}
