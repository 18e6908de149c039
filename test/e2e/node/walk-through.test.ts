import { before, describe } from 'node:test';
import { declareWalkThrough } from '../walk-through.ts';
import { walkThroughs } from '../walk-throughs.ts';
import { loadImages } from './images.ts';
import { nodeKubeconfig } from './node-kubeconfig.ts';

for (const walkThrough of walkThroughs) {
  const { file, skip = false } = walkThrough;
  describe(`${file} on a real node, with kubectl`, { skip }, async () => {
    before(() => loadImages(walkThrough.operators));
    await declareWalkThrough(walkThrough, nodeKubeconfig);
  });
}
