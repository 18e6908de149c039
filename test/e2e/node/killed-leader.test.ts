import { readdir, readFile } from 'node:fs/promises';
import { after, before, describe, test } from 'node:test';
import { Client, loadKubeConfig } from '@kubewright/client';
import { killLeader } from '../killed-leader.ts';
import { loadImages } from './images.ts';
import { NodeCluster } from './node-cluster.ts';
import { nodeKubeconfig } from './node-kubeconfig.ts';

const cluster = new NodeCluster();

/**
 * Kills the process of a pod from outside: the first process of a container cannot be killed from within it. The node is this
 * machine, and each pod of the operator knows its name.
 */
async function kill(pod: string): Promise<void> {
  for (const pid of await readdir('/proc')) {
    if (!/^\d+$/.test(pid)) continue;
    // Processes come and go.
    const environment = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '');
    if (!environment.split('\0').includes(`POD_NAME=${pod}`)) continue;
    process.kill(Number(pid), 'SIGKILL');
    return;
  }
  throw new Error(`no process of the pod ${pod} was found: run this on the node, as root`);
}

async function cleanUp(): Promise<void> {
  // The definitions take the Echos along, and these their Jobs.
  await cluster.kubectl('delete', '--ignore-not-found', '-f', 'deploy/echoperator/operator.yaml');
  await cluster.kubectl('delete', '--ignore-not-found', '-f', 'deploy/echoperator/crd.yaml');
  await cluster.kubectl(
    ...['wait', 'pods', '--for=delete', '-l', 'app.kubernetes.io/managed-by=echoperator'],
    '--timeout=300s',
  );
}

describe('three replicas on a real node', () => {
  let client: Client;
  before(async () => {
    await loadImages(['echoperator']);
    client = await Client.fromKubeConfig(await loadKubeConfig({ path: nodeKubeconfig() }));
  });
  after(async () => {
    await cleanUp();
    await client[Symbol.asyncDispose]();
  });

  test('go on when the leader is killed, and each Echo has one Job', async () => {
    await killLeader({ client, kill });
  });
});
