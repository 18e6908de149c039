import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { ConfigMap, isNotFound, Namespace, type Stored } from '@kubewright/apimachinery';
import type { Client } from '@kubewright/client';
import { EmbeddedCluster } from '@kubewright/cluster';
import { createLogger } from '../src/index.ts';
import { runOperator } from '../src/operator/index.ts';
import { uninstall, type UninstallStep } from '../src/operator/uninstall.ts';

const finalizer = 'example.com/held';
const holds = [{ resource: ConfigMap, finalizer }];
const logger = createLogger({ level: 'silent' });

let cluster: EmbeddedCluster;
let client: Client;
let count = 0;
/** Of this test alone; the operator watches the first. */
let watched = '';
let other = '';

before(async () => {
  cluster = await EmbeddedCluster.start({ hasControllers: false, hasNode: false });
  ({ client } = cluster);
});
after(() => cluster.stop());
beforeEach(async () => {
  count += 1;
  [watched, other] = [`watched-${String(count)}`, `other-${String(count)}`];
  for (const name of [watched, other]) await client.create(Namespace, { metadata: { name } });
});

const take = (step: UninstallStep, limitMs = 30_000): Promise<void> =>
  uninstall(step, {
    ...{ client, holds, namespaces: [watched], logger, limitMs, pauseMs: 10 },
    signal: new AbortController().signal,
  });
const hold = (namespace: string, name: string, finalizers = [finalizer]) =>
  client.create(ConfigMap, { metadata: { namespace, name, finalizers } });
async function find(namespace: string, name: string): Promise<Stored<ConfigMap> | undefined> {
  try {
    return await client.get(ConfigMap, { namespace, name });
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}
const letGo = (namespace: string, name: string) =>
  client.patch(
    ConfigMap,
    { namespace, name },
    { type: 'merge', body: { metadata: { finalizers: null } } },
  );

describe('an uninstallation', { timeout: 60_000 }, () => {
  test('lets go of what is watched, and of nothing else', async () => {
    await hold(watched, 'one', ['example.com/of-others', finalizer]);
    await hold(watched, 'deleted');
    await client.delete(ConfigMap, { namespace: watched, name: 'deleted' });
    await hold(other, 'one');
    await take('release');
    const kept = await find(watched, 'one');
    assert.deepEqual(kept?.metadata.finalizers, ['example.com/of-others']);
    assert.equal(await find(watched, 'deleted'), undefined);
    assert.deepEqual((await find(other, 'one'))?.metadata.finalizers, [finalizer]);
  });

  test('waits for what is being deleted, and says what it has waited for in vain', async () => {
    await hold(watched, 'stays');
    await hold(watched, 'goes');
    await client.delete(ConfigMap, { namespace: watched, name: 'goes' });
    await assert.rejects(take('finish-deletions', 0), {
      message: new RegExp(`not done with them: ConfigMap ${watched}/goes\\.`),
    });
    const taken = take('finish-deletions');
    await letGo(watched, 'goes');
    await taken;
    assert.ok((await find(watched, 'stays')) !== undefined);
  });

  test('deletes nothing at all while there is more than is watched', async () => {
    await hold(watched, 'one');
    await client.create(ConfigMap, { metadata: { namespace: other, name: 'foreign' } });
    await assert.rejects(take('delete-all'), {
      message: new RegExp(`does not watch: .*ConfigMap ${other}/foreign`),
    });
    assert.equal((await find(watched, 'one'))?.metadata.deletionTimestamp, undefined);
  });

  test('is a command of programs that hold something, and of no others', async () => {
    await hold(watched, 'one');
    const errors: string[] = [];
    const host = {
      argv: ['release', '--namespace', watched],
      env: { KUBECONFIG: cluster.kubeconfigPath },
      writeError: (text: string) => errors.push(text),
      logger,
    };
    const program = { name: 'trial', description: 'Tries it.', setup: () => undefined };
    assert.equal(await runOperator(program, host), 2);
    assert.match(errors.join(''), /too many arguments/);
    assert.equal(await runOperator({ ...program, holds }, host), 0);
    assert.equal((await find(watched, 'one'))?.metadata.finalizers, undefined);
  });
});
