/** Serves the embedded API server from a process of its own until it is told to stop, with so many pods in it. */
import { EmbeddedCluster } from '@kubewright/cluster';

await using cluster = await EmbeddedCluster.start({ hasControllers: false, hasNode: false });
process.stdout.write(`${cluster.kubeconfigPath}\n`);
await new Promise<void>((resolve) => {
  process.once('SIGTERM', () => resolve());
  process.once('disconnect', () => resolve());
});
