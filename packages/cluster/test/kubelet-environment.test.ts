import assert from 'node:assert/strict';
import { test } from 'node:test';
import { StatusError, type Container, type Pod } from '@kubewright/apimachinery';
import {
  containerEnvironment,
  type EnvironmentSources,
} from '../src/kubelet/environment/container-environment.ts';
import { expandVariables } from '../src/kubelet/environment/expand.ts';
import { resourceValue } from '../src/kubelet/environment/field-value.ts';
import { serviceVariables } from '../src/kubelet/environment/service-variables.ts';

const facts = {
  nodeName: 'node-1',
  hostIp: '127.0.0.1',
  podIp: '127.16.0.2',
  allocatable: { cpu: '8', memory: '1Gi' },
};

function sources(): EnvironmentSources {
  const absent = new StatusError({ reason: 'NotFound', code: 404 });
  return {
    getConfigMap: (_namespace, name) =>
      name === 'settings'
        ? Promise.resolve({ metadata: {}, data: { COLOR: 'blue', SIZE: 'L' } })
        : Promise.reject(absent),
    getSecret: (_namespace, name) =>
      name === 'db'
        ? Promise.resolve({ metadata: {}, data: { password: 'aHVudGVyMg==' } })
        : Promise.reject(absent),
    listServices: () => Promise.resolve([]),
    base: new Map([['BASE', 'base']]),
    facts,
  };
}

const pod: Pod = { metadata: { name: 'web', namespace: 'shop', labels: { app: 'x' } } };

async function environmentOf(container: Partial<Container>): Promise<Record<string, string>> {
  const all = await containerEnvironment(pod, { name: 'app', ...container }, sources());
  return Object.fromEntries(all);
}

test('expands variables that are set and leaves the others', () => {
  const variables = new Map([
    ['A', 'one'],
    ['B', '$(A)'],
  ]);
  const cases: Record<string, string> = {
    '$(A)-$(B)': 'one-$(A)',
    '$$(A)': '$(A)',
    '$$$(A)': '$one',
    '$(MISSING)': '$(MISSING)',
    '$(A': '$(A',
    $: '$',
    $A: '$A',
    '': '',
  };
  for (const [text, expected] of Object.entries(cases)) {
    assert.equal(expandVariables(text, variables), expected, text);
  }
});

test('lets later variables win and refer to earlier ones', async () => {
  const env = await environmentOf({
    envFrom: [{ prefix: 'CFG_', configMapRef: { name: 'settings' } }],
    env: [
      { name: 'COLOR', value: 'dark$(CFG_COLOR)' },
      { name: 'BOTH', value: '$(COLOR) $(LATER)' },
      { name: 'LATER', value: 'later' },
      { name: 'BASE', value: 'own' },
    ],
  });
  assert.deepEqual(env, {
    BASE: 'own',
    CFG_COLOR: 'blue',
    CFG_SIZE: 'L',
    COLOR: 'darkblue',
    BOTH: 'darkblue $(LATER)',
    LATER: 'later',
  });
});

test('takes values from keys, fields and resources', async () => {
  const env = await environmentOf({
    resources: { limits: { memory: '100Mi' } },
    env: [
      { name: 'PASSWORD', valueFrom: { secretKeyRef: { name: 'db', key: 'password' } } },
      { name: 'IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } },
      { name: 'LABEL', valueFrom: { fieldRef: { fieldPath: "metadata.labels['app']" } } },
      {
        name: 'MEM',
        valueFrom: { resourceFieldRef: { resource: 'limits.memory', divisor: '1Mi' } },
      },
      {
        name: 'NONE',
        valueFrom: { configMapKeyRef: { name: 'absent', key: 'k', optional: true } },
      },
    ],
  });
  assert.deepEqual(env, {
    BASE: 'base',
    PASSWORD: 'hunter2',
    IP: '127.16.0.2',
    LABEL: 'x',
    MEM: '100',
  });
});

test('says what is missing in the words of a kubelet', async () => {
  const cases: [Partial<Container>, string][] = [
    [{ envFrom: [{ secretRef: { name: 'no' } }] }, 'secret "no" not found'],
    [
      { env: [{ name: 'A', valueFrom: { configMapKeyRef: { name: 'settings', key: 'k' } } }] },
      "couldn't find key k in ConfigMap shop/settings",
    ],
    [
      { env: [{ name: 'A', valueFrom: { fieldRef: { fieldPath: 'spec.no' } } }] },
      'unsupported fieldPath: spec.no',
    ],
  ];
  for (const [container, message] of cases) {
    await assert.rejects(environmentOf(container), { name: 'ContainerConfigError', message });
  }
});

test('takes what the node has for a limit that is not set, rounding up', () => {
  const container = { name: 'app', resources: { requests: { cpu: '1500m' } } };
  assert.equal(resourceValue('limits.cpu', undefined, container, facts), '8');
  assert.equal(resourceValue('requests.cpu', undefined, container, facts), '2');
  assert.equal(resourceValue('requests.cpu', '1m', container, facts), '1500');
  assert.equal(resourceValue('limits.memory', '1Mi', container, facts), '1024');
});

test('tells of Services like Docker links', () => {
  const variables = serviceVariables([
    {
      metadata: { name: 'my-db' },
      spec: { clusterIP: '127.30.0.1', ports: [{ port: 5432, name: 'pg-sql' }] },
    },
    { metadata: { name: 'headless' }, spec: { clusterIP: 'None', ports: [{ port: 1 }] } },
  ]);
  assert.deepEqual(Object.fromEntries(variables), {
    MY_DB_SERVICE_HOST: '127.30.0.1',
    MY_DB_SERVICE_PORT: '5432',
    MY_DB_SERVICE_PORT_PG_SQL: '5432',
    MY_DB_PORT: 'tcp://127.30.0.1:5432',
    MY_DB_PORT_5432_TCP: 'tcp://127.30.0.1:5432',
    MY_DB_PORT_5432_TCP_PROTO: 'tcp',
    MY_DB_PORT_5432_TCP_PORT: '5432',
    MY_DB_PORT_5432_TCP_ADDR: '127.30.0.1',
  });
});
