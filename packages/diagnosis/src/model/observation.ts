import type {
  Event,
  DeepReadonly,
  EventsV1Event,
  KubernetesObject,
  Pod,
} from '@kubewright/apimachinery';

/** An Event of either group; both are read. */
export type AnyEvent = DeepReadonly<Event | EventsV1Event>;

/** The end of a container's log. */
export interface ContainerLog {
  /** Whose log it is. */
  readonly pod: { readonly namespace?: string; readonly name: string };
  /** Name of the container. */
  readonly container: string;
  /** `previous`: of the life before the last restart. */
  readonly life: 'current' | 'previous';
  /** The log as it was read, lines ending in `\n`. */
  readonly text: string;
}

/** When something was seen, as exactly as that is known. */
export interface Moment {
  /** When it was seen; for what is not known exactly (files), an estimate. */
  readonly now: Date;
  /**
   * The least that `now` can be, where it is an estimate: the newest time in what was seen. That a container has healed
   * by running on is only believed up to here, and a finding for which something has to have lasted longer is unsure:
   * its confidence is `low`, its remediation `none`. Default: `now`.
   */
  readonly earliest?: Date;
}

/** What is known about one subject at one moment. Less than all of it is the normal case. */
export interface Observation extends Moment {
  /** The pod; absent when an owner could not make one, then {@link Observation.owner} is the subject. */
  readonly pod?: DeepReadonly<Pod>;
  /** A ReplicaSet, StatefulSet, DaemonSet, Job, … without pods. */
  readonly owner?: DeepReadonly<KubernetesObject>;
  /** Events about the subject, in any order. Empty does not mean that nothing happened: they expire after an hour. */
  readonly events?: readonly AnyEvent[];
  /** Whatever else is known: the node, owners, claims, volumes, Secrets without their data, sibling pods, quotas, budgets. */
  readonly related?: readonly DeepReadonly<KubernetesObject>[];
  /** Logs of the pod's containers, if any were read. */
  readonly logs?: readonly ContainerLog[];
}

/** What is known about many subjects at one moment. */
export interface Snapshot extends Moment {
  /** All pods that are looked at. */
  readonly pods: readonly DeepReadonly<Pod>[];
  /** Events of any of the objects. */
  readonly events?: readonly AnyEvent[];
  /** Owners, nodes, claims and the like. */
  readonly objects?: readonly DeepReadonly<KubernetesObject>[];
  /** Logs of their containers, if any were read. */
  readonly logs?: readonly ContainerLog[];
}
