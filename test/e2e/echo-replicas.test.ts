import { after, before, test } from 'node:test';
import { EmbeddedCluster } from '@kubewright/cluster';
import { repositoryImages } from '@kubewright/walk-through';
import { killLeader } from './killed-leader.ts';

const image = 'echoperator:0.1.0';
/** Holds the number of a container's process. */
const pidFile = '"$HOME/main.pid"';

let cluster: EmbeddedCluster;

before(async () => {
  const images = repositoryImages();
  const operator = images[image];
  if (operator === undefined || !('command' in operator)) {
    throw new Error('the operator is no program');
  }
  cluster = await EmbeddedCluster.start({
    images: {
      ...images,
      // The very operator; only that its process can be found from inside its container.
      [image]: {
        command: ['sh', '-c', `echo $$ >${pidFile}; exec "$@"`, 'sh', ...operator.command],
      },
    },
  });
});

after(() => cluster.stop());

async function kill(pod: string): Promise<void> {
  const ref = { namespace: 'echoperator-system', name: pod };
  const command = ['sh', '-c', `kill -9 $(cat ${pidFile})`];
  await using session = await cluster.client.exec(ref, { command });
  // How it ended says nothing: the container takes it along.
  await session.exit.catch(() => undefined);
}

test('when the leader of three replicas is killed another one goes on, and each Echo has one Job', async () => {
  await killLeader({ client: cluster.client, kill });
});
