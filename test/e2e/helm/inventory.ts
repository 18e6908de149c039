import {
  ConfigMap,
  Lease,
  Namespace,
  Node,
  ServiceAccount,
  type APIGroupList,
} from '@kubewright/apimachinery';
import type { Client } from '@kubewright/client';
import { untilObject } from '../until-object.ts';

/** Kinds that come and go by themselves. */
const fleeting: ReadonlySet<string> = new Set(['Event', 'EndpointSlice', 'Endpoints']);

/** Everything there is in a cluster, as `Kind namespace/name`, sorted; but for Events and the like. */
export async function inventory(client: Client): Promise<string[]> {
  const { groups } = await client.rawJson<APIGroupList>({ method: 'GET', path: '/apis' });
  const versions = ['v1', ...groups.map(({ versions: [newest] }) => newest?.groupVersion ?? '')];
  const found = await Promise.all(
    versions.map(async (version) => {
      const resources = (await client.resourcesOf(version)).filter(
        ({ verbs, resource }) => verbs.includes('list') && !fleeting.has(resource.kind),
      );
      const lists = await Promise.all(
        resources.map(async ({ resource }) => ({
          kind: resource.kind,
          items: (await client.list(resource)).items,
        })),
      );
      return lists.flatMap(({ kind, items }) =>
        items.map(({ metadata: { namespace = '', name } }) => `${kind} ${namespace}/${name}`),
      );
    }),
  );
  return found.flat().sort();
}

/** Waits until what controllers and kubelets make by themselves, for each namespace and node, is there: from then on an inventory changes only by what is done. */
export async function untilFurnished(client: Client): Promise<void> {
  for (const { metadata } of (await client.list(Namespace)).items) {
    const namespace = metadata.name;
    await untilObject(client, ServiceAccount, { namespace, name: 'default' }, () => true);
    await untilObject(client, ConfigMap, { namespace, name: 'kube-root-ca.crt' }, () => true);
  }
  for (const { metadata } of (await client.list(Node)).items) {
    const lease = { namespace: 'kube-node-lease', name: metadata.name };
    await untilObject(client, Lease, lease, () => true);
  }
}

/** Waits until nothing is there beside what is given; the time limit of the test bounds it, and then says what is left. */
export async function untilOnly(
  client: Client,
  expected: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  const known = new Set(expected);
  for (;;) {
    const left = (await inventory(client)).filter((each) => !known.has(each));
    if (left.length === 0) return;
    if (signal.aborted) throw new Error(`this is left: ${left.join(', ')}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
