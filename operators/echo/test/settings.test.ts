import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { hostname } from 'node:os';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { CustomResourceDefinition, Lease } from '@kubewright/apimachinery';
import { EmbeddedCluster, freePort } from '@kubewright/cluster';
import { Echo, program, ScheduledEcho } from '../src/index.ts';
import { until } from './echo-world.ts';

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));

/** The operator as a process, with the settings of its environment alone. */
class OperatorProcess implements AsyncDisposable {
  readonly #child;
  readonly #ended: Promise<number | null>;
  /** What it has written so far. */
  output = '';

  constructor(settings: Readonly<Record<string, string>>) {
    this.#child = spawn(process.execPath, [main], {
      env: { PATH: process.env['PATH'], POD_NAMESPACE: 'default', HEALTH_PORT: 'off', ...settings },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream.on('data', (part: Buffer) => {
        this.output += part.toString('utf8');
      });
    }
    this.#ended = once(this.#child, 'close').then(([code]) => code as number | null); // as documented
  }

  /** Asks it to stop, and waits until it has; may be repeated. @returns its exit code */
  async stop(): Promise<number | null> {
    this.#child.kill('SIGTERM');
    return this.#ended;
  }

  /** Waits until it ends by itself. @returns its exit code */
  async end(): Promise<number | null> {
    return this.#ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}

describe('the settings of the operator', { timeout: 300_000 }, () => {
  let cluster: EmbeddedCluster;
  before(async () => {
    cluster = await EmbeddedCluster.start({ hasControllers: false, hasNode: false });
    for (const definition of [Echo, ScheduledEcho]) {
      await cluster.client.create(CustomResourceDefinition, definition.manifest());
    }
  });
  after(() => cluster.stop());

  const start = (settings: Readonly<Record<string, string>>): OperatorProcess =>
    new OperatorProcess({ KUBECONFIG: cluster.kubeconfigPath, ...settings });
  const leaseOf = async (name: string): Promise<Lease['spec']> => {
    const { items } = await cluster.client.list(Lease, { namespace: 'default' });
    return items.find(({ metadata }) => metadata.name === name)?.spec;
  };
  const untilHeld = (name: string): Promise<void> =>
    until(async () => Boolean((await leaseOf(name))?.holderIdentity));

  test('are taken from the environment, each by its name', async () => {
    const port = await freePort();
    await using operator = start({
      NUM_WORKERS: '7',
      HA_ENABLED: 'true',
      HA_NODE_ID: 'node-7',
      HA_LEASE_LOCK_NAME: 'other',
      HA_LEASE_DURATION_SECONDS: '30',
      HA_RENEW_DEADLINE_SECONDS: '20',
      HA_RETRY_PERIOD_SECONDS: '4',
      METRICS_ENABLED: 'true',
      METRICS_PATH: '/numbers',
      METRICS_PORT: String(port),
      LOG_LEVEL: 'debug',
      ENV: 'staging',
    });
    await untilHeld('other');
    const spec = await leaseOf('other');
    assert.match(spec?.holderIdentity ?? '', /^node-7_/);
    assert.equal(spec?.leaseDurationSeconds, 30);
    await until(() => operator.output.includes('"controller":"scheduled-echo","workers":7'));
    assert.match(operator.output, /"level":"debug"/);
    const answer = await fetch(`http://127.0.0.1:${port}/numbers`);
    assert.match(await answer.text(), /echoperator_info\{version="[^"]+",env="staging"\} 1/);
    assert.equal(await operator.stop(), 0);
    // Given back, so that another one need not wait.
    assert.equal((await leaseOf('other'))?.holderIdentity, '');
  });

  test('have the defaults that are promised', async () => {
    await using operator = start({ HA_ENABLED: 'true', METRICS_PORT: 'off' });
    await untilHeld('echoperator');
    const spec = await leaseOf('echoperator');
    assert.equal(spec?.leaseDurationSeconds, 15);
    assert.ok(spec.holderIdentity?.startsWith(`${hostname()}_`), spec.holderIdentity);
    await until(() => operator.output.includes('"controller":"echo","workers":4'));
    assert.doesNotMatch(operator.output, /"level":"debug"/);
    // Not listened on: another program of this machine may have the port.
    const { metricsPort, metricsPath, renewDeadlineSeconds, retryPeriodSeconds } = program.standard;
    assert.deepEqual(
      [metricsPort, metricsPath, renewDeadlineSeconds, retryPeriodSeconds].map(
        (option) => option.default,
      ),
      [2112, '/metrics', 10, 2],
    );
  });

  test('let one operator work without a lease, and without metrics', async () => {
    await using operator = start({ METRICS_ENABLED: 'false', HA_LEASE_LOCK_NAME: 'unused' });
    await until(() => operator.output.includes('"controller":"echo","workers":4'));
    assert.equal(await leaseOf('unused'), undefined);
  });

  for (const [name, value, says] of [
    ['NUM_WORKERS', 'many', /NUM_WORKERS/],
    ['NUM_WORKERS', '0', /NUM_WORKERS/],
    ['HA_ENABLED', 'perhaps', /HA_ENABLED/],
    ['METRICS_PORT', '70000', /METRICS_PORT/],
    ['METRICS_PATH', 'numbers', /METRICS_PATH/],
    ['LOG_LEVEL', 'loud', /LOG_LEVEL/],
    ['HA_RENEW_DEADLINE_SECONDS', '20', /HA_RENEW_DEADLINE_SECONDS|renew/i],
  ] as const) {
    test(`are refused when ${name} is ${value}, and the variable is named`, async () => {
      await using operator = start({ HA_ENABLED: 'true', METRICS_PORT: 'off', [name]: value });
      assert.equal(await operator.end(), 2);
      assert.match(operator.output, says);
    });
  }
});
