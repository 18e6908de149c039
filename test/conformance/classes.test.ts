import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import {
  Ingress,
  IngressClass,
  Pod,
  RuntimeClass,
  type PodSpec,
  type Stored,
} from '@kubewright/apimachinery';
import type { Client } from '@kubewright/client';
import { describeOnEachServer } from './on-each-server.ts';
import { refusalOf } from './refusal.ts';
import { errorText, untilAnswer } from './until-answer.ts';

describeOnEachServer('classes', {}, (environment) => {
  let client: Client;
  let namespace: string;

  before(async () => {
    client = await environment().client();
    namespace = await environment().newNamespace();
  });

  const tryPod = (spec: Partial<PodSpec>): Promise<Stored<Pod>> =>
    client.create(
      Pod,
      {
        metadata: { namespace, name: 'app' },
        spec: { containers: [{ name: 'app', image: 'app:1' }], ...spec },
      },
      { dryRun: true },
    );
  const tryIngress = (
    more: { annotations?: Record<string, string>; ingressClassName?: string } = {},
  ): Promise<Stored<Ingress>> => {
    const { annotations, ...spec } = more;
    const defaultBackend = { service: { name: 'app', port: { number: 80 } } };
    return client.create(
      Ingress,
      {
        metadata: { namespace, name: 'app', ...(annotations === undefined ? {} : { annotations }) },
        spec: { defaultBackend, ...spec },
      },
      { dryRun: true },
    );
  };

  test('of runtimes send pods where they can run', async () => {
    const runtimeClassName = `${namespace}-fast`;
    const missing = await refusalOf(tryPod({ runtimeClassName }));
    assert.equal(missing.code, 403);
    await client.create(RuntimeClass, {
      metadata: { name: runtimeClassName },
      handler: 'fast',
      scheduling: {
        nodeSelector: { runtime: 'fast' },
        tolerations: [
          { key: 'runtime', operator: 'Exists' },
          { key: 'slow', operator: 'Equal', value: 'yes', effect: 'NoSchedule' },
          // Covered by what every pod gets.
          {
            key: 'node.kubernetes.io/not-ready',
            operator: 'Exists',
            effect: 'NoExecute',
            tolerationSeconds: 7,
          },
        ],
      },
    });
    try {
      // A real server learns of the class some moments later.
      await untilAnswer(
        () => errorText(tryPod({ runtimeClassName })),
        (text) => text === '',
      );
      const { spec } = await tryPod({
        runtimeClassName,
        nodeSelector: { runtime: 'fast', disk: 'ssd' },
        tolerations: [
          { key: 'slow', operator: 'Exists' },
          { key: 'own', operator: 'Exists' },
          { key: 'runtime', operator: 'Equal', value: 'fast' },
        ],
      });
      assert.deepEqual(spec?.nodeSelector, { runtime: 'fast', disk: 'ssd' });
      assert.deepEqual(
        spec.tolerations?.map(({ key, operator, tolerationSeconds }) => [
          key,
          operator,
          tolerationSeconds,
        ]),
        [
          ['slow', 'Exists', undefined],
          ['own', 'Exists', undefined],
          ['node.kubernetes.io/not-ready', 'Exists', 300],
          ['node.kubernetes.io/unreachable', 'Exists', 300],
          ['runtime', 'Exists', undefined],
        ],
      );
      const conflict = await refusalOf(
        tryPod({ runtimeClassName, nodeSelector: { runtime: 'slow' } }),
      );
      assert.equal(conflict.code, 403);
      assert.equal(
        conflict.status.message,
        'pods "app" is forbidden: conflict: runtimeClass.scheduling.nodeSelector[runtime] = fast; pod.spec.nodeSelector[runtime] = slow',
      );
    } finally {
      await client.delete(RuntimeClass, { name: runtimeClassName });
    }
  });

  test('of Ingresses are given to those that name none', async () => {
    const names = ['b', 'a'].map((name) => `${namespace}-${name}`);
    const made: Stored<IngressClass>[] = [];
    try {
      for (const name of names) {
        const annotations = { 'ingressclass.kubernetes.io/is-default-class': 'true' };
        const spec = { controller: 'example.com/ingress' };
        made.push(await client.create(IngressClass, { metadata: { name, annotations }, spec }));
      }
      // The newest, or of two of one second the first by name.
      const [first, second] = made.map(({ metadata }) => metadata.creationTimestamp);
      assert.ok(first !== undefined && second !== undefined && first <= second);
      await untilAnswer(
        async () => (await tryIngress()).spec?.ingressClassName,
        (name) => name === names[1],
      );
      const own = await tryIngress({ ingressClassName: 'own' });
      assert.equal(own.spec?.ingressClassName, 'own');
      const old = await tryIngress({ annotations: { 'kubernetes.io/ingress.class': 'old' } });
      assert.equal(old.spec?.ingressClassName, undefined);
    } finally {
      for (const name of names) await client.delete(IngressClass, { name });
    }
  });
});
