import { before, describe } from 'node:test';
import { Client, KubeConfig } from '@kubewright/client';
import { declareConversion } from '../conversion-suite.ts';
import { loadImages } from './images.ts';
import { nodeKubeconfig } from './node-kubeconfig.ts';

describe('the versions of DatabaseClusters, converted by the operator on a real node', () => {
  let client: Client;
  before(async () => {
    client = await Client.fromKubeConfig(await KubeConfig.fromFile(nodeKubeconfig()));
    await loadImages(['database-cluster']);
  });
  declareConversion(() => client);
});
