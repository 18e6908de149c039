import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ConfigMap } from '@kubewright/apimachinery';
import { chartOf, ofKind, rendered, withoutHelm } from './helm.ts';

const chart = chartOf('database-cluster');

describe('the agents of databases', { skip: withoutHelm() }, () => {
  async function agentImage(
    values: Readonly<Record<string, unknown>>,
  ): Promise<string | undefined> {
    const [settings] = ofKind(await rendered(chart, values), ConfigMap);
    return settings?.data?.['AGENT_IMAGE'];
  }

  test('run from the image of the operator, wherever that comes from', async () => {
    assert.equal(await agentImage({}), 'database-cluster:0.1.0');
    const repository = 'registry.example.com/database-cluster';
    assert.equal(
      await agentImage({ 'image.repository': repository, 'image.tag': '7' }),
      `${repository}:7`,
    );
  });

  test('run from another image when that is asked for', async () => {
    assert.equal(await agentImage({ agentImage: 'agent:1' }), 'agent:1');
  });
});
