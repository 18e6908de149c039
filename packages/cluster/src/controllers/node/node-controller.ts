import { deepEqual, formatTime, Node } from '@kubewright/apimachinery';
import { createController, done, type Controller, type ControllerHost } from '@kubewright/runtime';
import { unlessMoot } from '../ownership/moot.ts';
import { taintsFor } from './node-taints.ts';

/** Keeps the taints of nodes in step with their conditions: a node that is not ready takes no pods. */
export function createNodeController(host: ControllerHost): Controller {
  return createController(host, {
    name: 'node',
    for: Node,
    reconcile: ({ name }, { cache, client, signal }) =>
      unlessMoot(async () => {
        const node = cache.get(Node, { name });
        if (node === undefined) return done();
        const taints = taintsFor(node, formatTime(new Date()));
        if (deepEqual(node.spec?.taints ?? [], taints)) return done();
        const { uid, resourceVersion } = node.metadata;
        const body = { metadata: { uid, resourceVersion }, spec: { taints } };
        await client.patch(Node, { name }, { type: 'merge', body }, { signal });
        return done();
      }),
  });
}
