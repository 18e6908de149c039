import { after, before, describe } from 'node:test';
import { EmbeddedCluster } from '@kubewright/cluster';
import { repositoryImages } from '@kubewright/walk-through';
import { declareWalkThrough } from '../walk-through.ts';
import { walkThroughs } from '../walk-throughs.ts';

for (const walkThrough of walkThroughs) {
  const { file, skip = false } = walkThrough;
  describe(`${file} on the embedded cluster, with kubectl`, { skip }, async () => {
    let cluster: EmbeddedCluster | undefined;
    before(async () => {
      cluster = await EmbeddedCluster.start({ images: repositoryImages() });
    });
    after(() => cluster?.stop());
    await declareWalkThrough(walkThrough, () => cluster?.kubeconfigPath ?? '');
  });
}
