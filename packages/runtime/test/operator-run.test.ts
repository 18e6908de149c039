import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { ConfigMap, EventsV1Event, Lease } from '@kubewright/apimachinery';
import { Client } from '@kubewright/client';
import { EmbeddedCluster } from '@kubewright/cluster';
import { createController, createLogger, done, Manager } from '../src/index.ts';
import {
  integerOption,
  reportReadProblems,
  runOperator,
  type OperatorHost,
  type ProgramDefinition,
} from '../src/operator/index.ts';

/** A run whose output and end can be looked at. */
class Run {
  readonly out: string[] = [];
  readonly errors: string[] = [];
  readonly log: { readonly [key: string]: unknown; readonly msg: string }[] = [];
  readonly #stop = new AbortController();

  host(argv: readonly string[], env: Readonly<Record<string, string>> = {}): OperatorHost {
    return {
      argv,
      env: { KUBECONFIG: cluster.kubeconfigPath, METRICS_PORT: 'off', HEALTH_PORT: 'off', ...env },
      writeOut: (text) => this.out.push(text),
      writeError: (text) => this.errors.push(text),
      logger: createLogger({
        destination: {
          write: (line) => {
            this.log.push(JSON.parse(line) as { msg: string }); // every line has one
          },
        },
      }),
      signal: this.#stop.signal,
      handleSignals: false,
    };
  }

  stop(): void {
    this.#stop.abort(new Error('the test is over'));
  }
}

let cluster: EmbeddedCluster;

before(async () => {
  cluster = await EmbeddedCluster.start({ hasControllers: false, hasNode: false });
});
after(() => cluster.stop());

function programWith(
  setup: ProgramDefinition['setup'] = () => undefined,
): ProgramDefinition & { readonly name: string } {
  return { name: 'trial', description: 'Tries it.', setup };
}

describe('an operator that is run', { timeout: 300_000 }, () => {
  test('shows its help and ends with 0, refuses wrong usage with 2', async () => {
    const run = new Run();
    assert.equal(await runOperator(programWith(), run.host(['--help'])), 0);
    assert.match(run.out.join(''), /Tries it\./);
    assert.equal(await runOperator(programWith(), run.host(['--nonsense'])), 2);
    assert.match(run.errors.join(''), /unknown option '--nonsense'/);
    assert.deepEqual(run.log, []);
  });

  test('ends with 1 when there is no way to the cluster, and says why', async () => {
    const run = new Run();
    const host = run.host([], { KUBECONFIG: '/nonexistent' });
    assert.equal(await runOperator(programWith(), host), 1);
    const [line] = run.log;
    assert.equal(line?.msg, 'the operator ended');
    assert.match(JSON.stringify(line), /KUBECONFIG names \/nonexistent, which does not exist/);
    assert.deepEqual(run.errors, []);
  });

  test('says why on standard error when nothing is logged', async () => {
    const run = new Run();
    const host = run.host(['--log-level', 'silent'], { KUBECONFIG: '/nonexistent' });
    assert.equal(await runOperator(programWith(), host), 1);
    assert.match(run.errors.join(''), /^trial: KUBECONFIG names \/nonexistent/);
  });

  test('ends with 1 when its set-up throws', async () => {
    const run = new Run();
    const program = programWith(() => {
      throw new Error('no such thing');
    });
    assert.equal(await runOperator(program, run.host([])), 1);
    assert.match(JSON.stringify(run.log), /no such thing/);
  });

  test('is called in the lease like its pod, unless it is told another name', async () => {
    const run = new Run();
    const leading = Promise.withResolvers<undefined>();
    const ending = runOperator(
      {
        name: 'named',
        description: 'Leads.',
        setup: (manager) => {
          manager.add({
            name: 'leads',
            start: async () => leading.resolve(undefined),
          });
        },
      },
      run.host(['--leader-elect'], { POD_NAMESPACE: 'default', POD_NAME: 'named-1' }),
    );
    await leading.promise;
    const lease = await cluster.client.get(Lease, { namespace: 'default', name: 'named' });
    assert.match(lease.spec?.holderIdentity ?? '', /^named-1_[0-9a-f-]{36}$/);
    run.stop();
    assert.equal(await ending, 0);
  });

  test('knows its namespace, its pod and its options, works, and gives back the lease at the end', async () => {
    const run = new Run();
    const worked = Promise.withResolvers<string>();
    const seen: unknown[] = [];
    const ending = runOperator(
      {
        name: 'trial',
        description: 'Tries it.',
        environment: { leaderElect: 'HA_ENABLED', leaderElectionIdentity: 'HA_NODE_ID' },
        options: {
          limit: integerOption({ description: 'most', env: 'LIMIT', default: 1, minimum: 1 }),
        },
        setup: (manager, { options, ...context }) => {
          seen.push(options.limit, context);
          manager.add(
            createController(manager, {
              name: 'trial',
              for: ConfigMap,
              reconcile: async ({ name }) => {
                worked.resolve(name);
                return done();
              },
            }),
          );
          return { [Symbol.dispose]: () => seen.push('disposed of') };
        },
      },
      run.host(['--concurrency', '2'], {
        POD_NAMESPACE: 'default',
        POD_NAME: 'trial-1',
        LIMIT: '7',
        HA_ENABLED: 'true',
        HA_NODE_ID: 'node-7',
      }),
    );
    await cluster.client.create(ConfigMap, { metadata: { name: 'work', namespace: 'default' } });
    assert.equal(await worked.promise, 'work');
    const named = { namespace: 'default', name: 'trial' };
    const lease = await cluster.client.get(Lease, named);
    assert.match(lease.spec?.holderIdentity ?? '', /^node-7_[0-9a-f-]{36}$/);

    run.stop();

    assert.equal(await ending, 0);
    assert.deepEqual(seen, [
      7,
      {
        concurrency: 2,
        ownNamespace: 'default',
        self: { namespace: 'default', name: 'trial-1' },
        host: undefined,
      },
      'disposed of',
    ]);
    assert.equal((await cluster.client.get(Lease, named)).spec?.holderIdentity ?? '', '');
    assert.deepEqual(run.log.find(({ msg }) => msg === 'starting')?.['namespaces'], ['default']);
  });

  test('tells of what it may not read, on the objects that it is for', async () => {
    const { client, server } = cluster;
    await client.create(ConfigMap, { metadata: { name: 'subject', namespace: 'default' } });
    // Reads ConfigMaps as an administrator, and nothing else as somebody without rights.
    const transport = server.transport({ user: 'system:admin', groups: ['system:masters'] });
    const poor = server.transport({ user: 'poor' });
    await using mixed = new Client({
      transport: {
        request: (request) =>
          (/configmaps|events/.test(request.path) ? transport : poor).request(request),
        webSocket: (request) => transport.webSocket(request),
        close: () => transport.close(),
      },
    });
    const off = { port: false } as const;
    const manager = new Manager({ client: mixed, metrics: off, health: off });
    manager.cache.informer(Lease);
    await using _reports = reportReadProblems(manager, ConfigMap, { component: 'trial' });
    const stop = new AbortController();
    const running = manager.run({ signal: stop.signal });
    const limit = AbortSignal.timeout(60_000);
    for (;;) {
      const { items } = await client.list(EventsV1Event, { namespace: 'default' });
      // Other ConfigMaps of the namespace have theirs.
      const event = items.find(
        ({ reason, regarding }) => reason === 'MissingPermission' && regarding?.name === 'subject',
      );
      if (event !== undefined) {
        assert.match(event.note ?? '', /^cannot list leases.* in all namespaces: /);
        break;
      }
      assert.ok(!limit.aborted, `no such Event among ${JSON.stringify(items)}`);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    stop.abort(new Error('the test is over'));
    await running;
  });
});
