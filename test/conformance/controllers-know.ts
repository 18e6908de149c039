import {
  PodDisruptionBudget,
  type KubernetesObject,
  type Pod,
  type Resource,
  type Stored,
} from '@kubewright/apimachinery';
import type { Client } from '@kubewright/client';
import { untilGone, untilObject } from './until-object.ts';

/** Nobody has it. */
const nobody = '11111111-2222-3333-4444-555555555555';

/**
 * Waits until the controllers know a pod: a budget counts it, and they all see pods through one cache. A controller that first sees
 * what selects the pod, and the pod later, makes another one.
 */
export async function untilControllersKnow(
  client: Client,
  { metadata }: Stored<Pod>,
): Promise<void> {
  const { namespace, labels = {} } = metadata;
  const { metadata: budget } = await client.create(PodDisruptionBudget, {
    metadata: { namespace, generateName: 'counts-' },
    spec: { minAvailable: 0, selector: { matchLabels: labels } },
  });
  const ref = { namespace, name: budget.name };
  await untilObject(
    client,
    PodDisruptionBudget,
    ref,
    ({ status }) => (status?.expectedPods ?? 0) > 0,
  );
  await client.delete(PodDisruptionBudget, ref);
}

/**
 * Waits until the garbage collector knows all objects of a kind that were made before: it hears of each kind by a watch of its own, and
 * takes one of these, whose owner never was, away when its turn comes. An owner that is deleted before it knows the dependents is
 * gone without them.
 *
 * @param made - An object of the kind that does nothing; it gets a name.
 */
export async function untilCollectorKnows<T extends KubernetesObject>(
  client: Client,
  resource: Resource<T>,
  namespace: string,
  made: T,
): Promise<void> {
  const { metadata } = await client.create(resource, {
    ...made,
    metadata: {
      namespace,
      generateName: 'collected-',
      ownerReferences: [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'nobody', uid: nobody }],
    },
  });
  await untilGone(client, resource, { namespace, name: metadata.name });
}
