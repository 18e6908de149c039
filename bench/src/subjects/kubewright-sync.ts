import { Pod } from '@kubewright/apimachinery';
import { Client } from '@kubewright/client';
import { Cache } from '@kubewright/runtime';
import { measure, sizeArgument } from './measurement.ts';

const size = sizeArgument();
await using client = await Client.fromKubeConfig();
const stop = new AbortController();
const cache = new Cache({ client });
const pods = cache.informer(Pod);
let running: Promise<void> = Promise.resolve();
await measure('kubewright', 'sync', size, async () => {
  running = cache.start(stop.signal);
  await pods.whenSynced();
});
if (pods.size !== size) throw new Error(`${pods.size} pods, not ${size}`);
stop.abort(new Error('measured'));
await running;
