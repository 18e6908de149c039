import { before, describe } from 'node:test';
import { declareWalkThrough } from '../walk-through.ts';
import { loadImages } from './images.ts';
import { nodeKubeconfig } from './node-kubeconfig.ts';

describe('the README on a real node, with kubectl', async () => {
  before(loadImages);
  await declareWalkThrough(nodeKubeconfig);
});
