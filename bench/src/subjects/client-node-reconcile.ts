import {
  CoreV1Api,
  KubeConfig,
  makeInformer,
  PatchStrategy,
  setHeaderOptions,
  type V1Pod,
} from '@kubernetes/client-node';
import { measure, sizeArgument } from './measurement.ts';

/** The same work with the queue that users of this client write themselves: keys, and 16 workers that share them. */
const size = sizeArgument();
const workers = 16;
const stamp = `client-node-${process.pid}`;
const config = new KubeConfig();
config.loadFromDefault();
const core = config.makeApiClient(CoreV1Api);
const informer = makeInformer(config, '/api/v1/pods', () => core.listPodForAllNamespaces());
const waiting = new Map<string, V1Pod>();
const stamped = new Set<string>();
const finished = Promise.withResolvers<undefined>();
let busy = 0;

function keyOf({ metadata }: V1Pod): string {
  return `${metadata?.namespace ?? ''}/${metadata?.name ?? ''}`;
}

async function reconcile(pod: V1Pod): Promise<void> {
  const { metadata } = pod;
  const name = metadata?.name ?? '';
  const namespace = metadata?.namespace ?? '';
  if (metadata?.annotations?.['bench/stamp'] !== stamp) {
    const body: object = { metadata: { annotations: { 'bench/stamp': stamp } } };
    await core.patchNamespacedPod(
      { name, namespace, body },
      setHeaderOptions('Content-Type', PatchStrategy.MergePatch),
    );
  }
  stamped.add(metadata?.uid ?? '');
  if (stamped.size === size) finished.resolve(undefined);
}

function work(): void {
  while (busy < workers) {
    const next = waiting.entries().next();
    if (next.done === true) return;
    const [key, pod] = next.value;
    waiting.delete(key);
    busy++;
    reconcile(pod).then(
      () => {
        busy--;
        work();
      },
      (error: unknown) => finished.reject(error),
    );
  }
}

function add(pod: V1Pod): void {
  waiting.set(keyOf(pod), pod);
  work();
}

informer.on('add', add);
informer.on('update', add);
await measure('@kubernetes/client-node', 'reconcile', size, async () => {
  await informer.start();
  await finished.promise;
});
await informer.stop();
