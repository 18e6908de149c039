import { Node } from '@kubewright/apimachinery';
import type { Client } from '@kubewright/client';
import { untilObject } from './until-object.ts';

/** Lets no further pod onto any node; what runs stays. Resolves when the scheduler would know. */
export async function cordon(client: Client): Promise<void> {
  await setUnschedulable(client, true);
}

/** Lets pods onto the nodes again. */
export async function uncordon(client: Client): Promise<void> {
  await setUnschedulable(client, false);
}

async function setUnschedulable(client: Client, unschedulable: boolean): Promise<void> {
  const { items } = await client.list(Node);
  for (const { metadata } of items) {
    const body = { spec: { unschedulable } };
    await client.patch(Node, { name: metadata.name }, { type: 'merge', body });
    await untilObject(
      client,
      Node,
      { name: metadata.name },
      ({ spec }) =>
        Boolean(spec?.taints?.some(({ key }) => key === 'node.kubernetes.io/unschedulable')) ===
        unschedulable,
    );
  }
}
