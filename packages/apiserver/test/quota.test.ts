import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseQuantity } from '@kubewright/apimachinery';
import { ApiServer } from '../src/index.ts';
import { charge } from '../src/quota/charge.ts';
import { podMeter } from '../src/quota/pod-meter.ts';
import { recount } from '../src/quota/recount.ts';
import type { JsonObject } from '../src/contracts.ts';

const BASE = '/api/v1/namespaces/default';
const HARD = {
  pods: '4',
  'count/pods': '6',
  'requests.cpu': '1',
  'limits.memory': '1Gi',
};

async function send(
  server: ApiServer,
  method: 'GET' | 'POST' | 'PATCH' | 'DELETE',
  path: string,
  body?: unknown,
): Promise<{ readonly status: number; readonly object: JsonObject }> {
  const answer = await server.transport().request({
    method,
    path: BASE + path,
    headers: {
      'content-type': method === 'PATCH' ? 'application/merge-patch+json' : 'application/json',
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const chunks: Uint8Array[] = [];
  for await (const chunk of answer.body) chunks.push(chunk);
  return {
    status: answer.status,
    object: JSON.parse(Buffer.concat(chunks).toString()) as JsonObject,
  };
}

/** What users do; the number chooses one of the pods that are there. */
type Deed =
  | {
      readonly type: 'make';
      readonly cpu: number;
      readonly memory: number;
      readonly sidecar: boolean;
    }
  | { readonly type: 'delete' | 'end'; readonly which: number };

const deeds: fc.Arbitrary<Deed> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      type: fc.constant('make' as const),
      cpu: fc.integer({ min: 0, max: 600 }),
      memory: fc.integer({ min: 1, max: 600 }),
      sidecar: fc.boolean(),
    }),
  },
  fc.record({
    type: fc.constantFrom('delete' as const, 'end' as const),
    which: fc.nat({ max: 5 }),
  }),
);

function pod(name: string, { cpu, memory, sidecar }: Extract<Deed, { type: 'make' }>): object {
  const resources = {
    requests: { cpu: `${String(cpu)}m` },
    limits: { memory: `${String(memory)}Mi` },
  };
  const container = { name: 'main', image: 'a', resources };
  return {
    metadata: { name },
    spec: {
      containers: [container],
      ...(sidecar
        ? { initContainers: [{ ...container, name: 'side', restartPolicy: 'Always' }] }
        : {}),
    },
  };
}

test('what is charged is what is there, and never more than the limit', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(deeds, { maxLength: 6 }), { maxLength: 6 }),
      async (rounds) => {
        await using server = new ApiServer();
        await send(server, 'POST', '/serviceaccounts', { metadata: { name: 'default' } });
        await send(server, 'POST', '/resourcequotas', {
          metadata: { name: 'q' },
          spec: { hard: HARD },
        });
        const pods = async (): Promise<JsonObject[]> => {
          const { object } = await send(server, 'GET', '/pods');
          return object['items'] as JsonObject[];
        };
        /** Plays the controller. */
        const counted = async (): Promise<Record<string, string>> => {
          const { object } = await send(server, 'GET', '/resourcequotas/q');
          return recount(object, new Map([['pods', await pods()]]), Date.now());
        };
        const tell = async (): Promise<void> => {
          const status = { hard: HARD, used: await counted() };
          await send(server, 'PATCH', '/resourcequotas/q/status', { status });
        };
        await tell();
        let made = 0;
        for (const round of rounds) {
          const present = await pods();
          // All of a round at once.
          await Promise.all(
            round.map(async (deed) => {
              if (deed.type === 'make') {
                made += 1;
                return send(server, 'POST', '/pods', pod(`p-${String(made)}`, deed));
              }
              const chosen = present[deed.which]?.['metadata'] as JsonObject | undefined;
              if (chosen === undefined) return undefined;
              const path = `/pods/${String(chosen['name'])}`;
              return deed.type === 'delete'
                ? send(server, 'DELETE', path)
                : send(server, 'PATCH', `${path}/status`, { status: { phase: 'Succeeded' } });
            }),
          );
          const used = await counted();
          const { object } = await send(server, 'GET', '/resourcequotas/q');
          const told = (object['status'] as JsonObject)['used'] as Record<string, string>;
          for (const [name, limit] of Object.entries(HARD)) {
            const amount = parseQuantity(used[name] ?? '0');
            assert.ok(amount.compare(parseQuantity(limit)) <= 0, `${name}: ${amount.toString()}`);
            // Only what was given back is not told yet.
            assert.ok(amount.compare(parseQuantity(told[name] ?? '0')) <= 0, name);
          }
          if (round.every(({ type }) => type === 'make')) assert.deepEqual(told, used);
          await tell();
        }
      },
    ),
    { numRuns: 30 },
  );
});

const quota = (status: object): JsonObject => ({ metadata: { name: 'q' }, spec: {}, status });
const subject = (requests: object): JsonObject => ({
  metadata: { name: 'p' },
  spec: { containers: [{ name: 'main', resources: { requests } }] },
});
const create = (object: JsonObject) =>
  ({ operation: 'CREATE', subresource: '', object, old: undefined }) as const;

test('a limit of which nobody has told what is used lets nothing in', () => {
  const status = { hard: { pods: '1', 'requests.cpu': '1' }, used: { pods: '0' } };
  assert.deepEqual(charge([quota(status)], podMeter, create(subject({ cpu: '1m' })), 0), {
    type: 'refused',
    detail: 'status unknown for quota: q, resources: pods,requests.cpu',
  });
});

test('a limit that is only wished for limits nothing', () => {
  assert.deepEqual(charge([quota({})], podMeter, create(subject({})), 0), {
    type: 'charged',
    used: new Map(),
  });
});

test('less than nothing cannot be asked for', () => {
  const status = { hard: { 'requests.memory': '1' }, used: { 'requests.memory': '0' } };
  assert.deepEqual(charge([quota(status)], podMeter, create(subject({ memory: '-1' })), 0), {
    type: 'refused',
    detail: 'quota usage is negative for resource(s): memory,requests.memory',
  });
});

test('a pod that should have been gone by now counts no more', () => {
  const leaving = {
    ...subject({ cpu: '1' }),
    metadata: {
      name: 'p',
      deletionTimestamp: '2030-01-01T00:00:30Z',
      deletionGracePeriodSeconds: 30,
    },
  };
  const spec = { spec: { hard: { pods: '1' } } };
  const used = (time: string): unknown =>
    recount(spec, new Map([['pods', [leaving]]]), Date.parse(time))['pods'];
  assert.deepEqual([used('2030-01-01T00:01:00Z'), used('2030-01-01T00:01:01Z')], ['1', '0']);
});
