import {
  defineResource,
  formatTime,
  type Condition,
  type DeepReadonly,
  type KubernetesObject,
  type Resource,
  type Stored,
} from '@kubewright/apimachinery';
import type { Client } from '@kubewright/client';

/** The custom resource that all peers work on; the loader makes its definition. */
export interface Widget extends KubernetesObject {
  readonly spec: { readonly revision?: number; readonly replicas: number };
  readonly status?: {
    readonly phase?: string;
    readonly readyReplicas?: number;
    readonly observedGeneration?: number;
    readonly conditions?: readonly Condition[];
  };
}

export const Widget: Resource<Widget> = defineResource<Widget>({
  group: 'peers.test',
  version: 'v1',
  kind: 'Widget',
  plural: 'widgets',
  scope: 'Namespaced',
});

/** The annotation that the writer puts the time into. */
export const stampOf = ({ metadata }: DeepReadonly<Widget>): string | undefined =>
  metadata.annotations?.['peers.test/stamp'];

/** How a status is written. */
export type WriteWay = 'apply' | 'merge';

/** Says of a Widget that its generation is ready: one request. */
export async function writeStatus(
  client: Client,
  widget: DeepReadonly<Stored<Widget>>,
  way: WriteWay,
  signal: AbortSignal,
): Promise<void> {
  const { name, namespace, generation } = widget.metadata;
  const observed = generation === undefined ? {} : { observedGeneration: generation };
  const status = {
    phase: 'Ready',
    readyReplicas: widget.spec.replicas,
    ...observed,
    conditions: [
      {
        type: 'Ready',
        status: 'True',
        reason: 'AllReplicasReady',
        message: `revision ${widget.spec.revision ?? 0} is ready`,
        lastTransitionTime: formatTime(new Date()),
        ...observed,
      },
    ],
  };
  if (way === 'merge') {
    const patch = { type: 'merge', body: { status } } as const;
    await client.patch(Widget, { name, namespace }, patch, { subresource: 'status', signal });
  } else {
    const object = { metadata: { name, namespace }, status };
    const options = {
      fieldManager: 'widget-operator',
      force: true,
      subresource: 'status',
    } as const;
    await client.apply(Widget, object, { ...options, signal });
  }
}
