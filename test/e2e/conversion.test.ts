import { after, before, describe } from 'node:test';
import { EmbeddedCluster } from '@kubewright/cluster';
import { repositoryImages } from '@kubewright/walk-through';
import { declareConversion } from './conversion-suite.ts';

describe(
  'the versions of DatabaseClusters, converted by the operator',
  { timeout: 1_200_000 },
  () => {
    let cluster: EmbeddedCluster;
    before(async () => {
      cluster = await EmbeddedCluster.start({ images: repositoryImages() });
    });
    after(() => cluster.stop());
    declareConversion(() => cluster.client);
  },
);
