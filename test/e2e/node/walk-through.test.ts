import { after, before, describe } from 'node:test';
import { declareWalkThrough } from '../walk-through.ts';
import { walkThroughs } from '../walk-throughs.ts';
import { DatabaseNode } from './database-node.ts';
import { loadImages } from './images.ts';
import { nodeKubeconfig } from './node-kubeconfig.ts';

/** Volumes that the walk-through of the databases asks for: of five servers, and one for backups. */
const databaseVolumes = 6;

for (const walkThrough of walkThroughs) {
  const { file, skip = false, operators } = walkThrough;
  describe(`${file} on a real node, with kubectl`, { skip }, async () => {
    let databaseNode: DatabaseNode | undefined;
    before(async () => {
      await loadImages(operators);
      if (operators.includes('database-cluster')) {
        databaseNode = await DatabaseNode.prepare('15', databaseVolumes);
      }
    });
    after(() => databaseNode?.[Symbol.asyncDispose]());
    await declareWalkThrough(walkThrough, nodeKubeconfig);
  });
}
