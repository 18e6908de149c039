import { after, before, describe } from 'node:test';
import { EmbeddedCluster } from '@kubewright/cluster';
import { images } from '@kubewright/walk-through';
import { declareWalkThrough } from '../walk-through.ts';

describe('the README on the embedded cluster, with kubectl', async () => {
  let cluster: EmbeddedCluster | undefined;
  before(async () => {
    cluster = await EmbeddedCluster.start({ images });
  });
  after(() => cluster?.stop());
  await declareWalkThrough(() => cluster?.kubeconfigPath ?? '');
});
