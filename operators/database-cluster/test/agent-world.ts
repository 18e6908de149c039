import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { randomInt } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { inspect } from 'node:util';
import { Lease, Pod } from '@kubewright/apimachinery';
import type { Client } from '@kubewright/client';
import { startTestEnvironment, type TestEnvironment } from '@kubewright/cluster';
import type { AgentSettings } from '../src/agent/agent-settings.ts';
import { readRecord, type LeaderRecord } from '../src/agent/leader-record.ts';
import { LeaseObserver } from '../src/agent/lease-observer.ts';
import { leaseAnnotations } from '../src/api/labels.ts';
import type { FailoverSettings } from '../src/api/settings.ts';
import { AgentPod } from './agent-pod.ts';
import { becomeServerUser, installedVersion } from './server-programs.ts';

const leaseName = 'db-primary';
/** Time limit of a test of a world, in milliseconds: beyond the longest life of the world. */
export const worldTestLimitMs = 600_000;
/** Longest life of a world, in milliseconds: less than a test may take. */
const limitMs = 500_000;

/**
 * The pods of a cluster with their agents and real servers, an API server in this process, and neither operator nor node:
 * the test decides when a pod dies, comes back, and whom it reaches.
 */
export class AgentWorld implements AsyncDisposable {
  readonly pods: readonly AgentPod[];
  readonly #environment: TestEnvironment;
  readonly #client: Client;
  readonly #namespace: string;
  readonly #folder: string;
  readonly #deadlineMs = performance.now() + limitMs;

  private constructor(
    environment: TestEnvironment,
    client: Client,
    namespace: string,
    folder: string,
    count: number,
  ) {
    this.#environment = environment;
    this.#client = client;
    this.#namespace = namespace;
    this.#folder = folder;
    // Every address that begins with 127 is this machine, and a server wants port 5432 for itself.
    const network = `127.${String(randomInt(110, 250))}.${String(randomInt(250))}`;
    this.pods = Array.from(
      { length: count },
      (_, ordinal) =>
        new AgentPod({
          name: `db-${String(ordinal)}`,
          namespace,
          address: `${network}.${String(ordinal + 1)}`,
          folder: join(folder, `db-${String(ordinal)}`),
          transport: client.transport,
          leaseName,
        }),
    );
  }

  /** Starts all pods, and waits until the first takes writes and all others follow. */
  static async start(failover: Partial<FailoverSettings>, count = 3): Promise<AgentWorld> {
    becomeServerUser();
    const environment = await startTestEnvironment({ kind: 'in-process' });
    const client = await environment.client();
    const namespace = await environment.newNamespace();
    // Named like the folder of a cluster: the next one removes what a killed test left behind.
    const folder = await mkdtemp(`/tmp/kubewright-${String(process.pid)}-`);
    const world = new AgentWorld(environment, client, namespace, folder, count);
    try {
      const maximumLagBytes = 2 ** 20;
      await world.#begin({
        candidates: count,
        durability: 'Synchronous',
        maximumLagBytes,
        ...failover,
      });
      return world;
    } catch (error) {
      await world[Symbol.asyncDispose]();
      throw error;
    }
  }

  async #begin(failover: FailoverSettings): Promise<void> {
    const settings: AgentSettings = {
      instances: this.pods.length,
      major: Number(installedVersion),
      failover,
      tls: false,
      authentication: 'scram-sha-256',
      username: 'app',
      metricsPath: undefined,
    };
    await this.#client.create(Lease, {
      metadata: {
        name: leaseName,
        namespace: this.#namespace,
        annotations: {
          [leaseAnnotations.settings]: JSON.stringify(settings),
          [leaseAnnotations.successors]: '["db-0"]',
        },
      },
      spec: {},
    });
    for (const { name, address } of this.pods) {
      const ref = { namespace: this.#namespace, name };
      await this.#client.create(Pod, {
        metadata: ref,
        spec: { containers: [{ name: 'postgres', image: 'postgres' }] },
      });
      await this.#client.patch(
        Pod,
        ref,
        { type: 'merge', body: { status: { podIP: address, podIPs: [{ ip: address }] } } },
        { subresource: 'status' },
      );
    }
    for (const pod of this.pods) await pod.start();
    await this.untilWhole();
    const [first] = this.pods;
    await first?.query('CREATE TABLE numbers (number bigint PRIMARY KEY, server text)');
  }

  /** What the agents agree on. */
  async record(): Promise<LeaderRecord> {
    return readRecord(
      await this.#client.get(Lease, { namespace: this.#namespace, name: leaseName }),
    );
  }

  /** The pod that takes writes, by the Lease; undefined: none does. */
  async primary(): Promise<AgentPod | undefined> {
    const { primary, address } = await this.record();
    return address === undefined ? undefined : this.pods.find(({ name }) => name === primary);
  }

  /** Until another pod than the given one takes writes. */
  async untilPrimaryOtherThan(before: AgentPod): Promise<AgentPod> {
    for (;;) {
      const primary = await this.primary();
      if (primary !== undefined && primary !== before) return primary;
      await this.#pause(50);
    }
  }

  /** Waits for twice as long as the lease lasts, in which nobody renews or takes it: who may have it has had the time. */
  async untilAbandoned(): Promise<void> {
    const observer = new LeaseObserver();
    const { renewal, leaseDurationMs } = await this.record();
    for (;;) {
      const record = await this.record();
      assert.equal(record.renewal, renewal, 'somebody has taken the lease');
      const twice = { ...record, leaseDurationMs: 2 * leaseDurationMs };
      if (observer.isExpired(twice, performance.now())) return;
      await this.#pause(100);
    }
  }

  /** Until one takes writes, all others that run stream from it, and it has named who may take over. */
  async untilWhole(): Promise<AgentPod> {
    for (;;) {
      const primary = await this.primary();
      const others = this.pods.filter((pod) => pod.isRunning && pod !== primary);
      const { successors, settings } = await this.record();
      // A new database names who may be its first primary.
      const heirs = successors.filter((name) => name !== primary?.name);
      const isAsynchronous = settings.failover?.durability === 'Asynchronous';
      const wanted = isAsynchronous ? others.length : Math.min(others.length, 1);
      if (primary?.isRunning === true && heirs.length >= wanted) {
        const rows = await primary
          .query<{ count: number }>(
            'SELECT count(DISTINCT application_name)::int FROM pg_stat_replication WHERE application_name = ANY($1)',
            [others.map(({ name }) => name)],
          )
          .catch(() => []);
        if (rows[0]?.count === others.length) return primary;
      }
      await this.#pause(100);
    }
  }

  /** Looks again and again until it is so; the time limit of the test bounds it. */
  async until(isSo: () => Promise<boolean>): Promise<void> {
    while (!(await isSo().catch(() => false))) await this.#pause(50);
  }

  /** Until the holder of the lease has renewed it so many times: what it knew before, it has acted on. */
  async untilRenewed(times: number): Promise<void> {
    for (let round = 0; round < times; round += 1) {
      const { renewal } = await this.record();
      await this.until(async () => (await this.record()).renewal !== renewal);
    }
  }

  /** Ends what waits for ever before the runner gives the test up: only then are the servers stopped, and the file ends. */
  async #pause(ms: number): Promise<void> {
    if (performance.now() > this.#deadlineMs) {
      const state = {
        record: await this.record().catch(String),
        pods: this.pods.map(({ name, isRunning, report }) => ({ name, isRunning, report })),
      };
      throw new Error(`it did not come to pass in time: ${inspect(state, { depth: 6 })}`);
    }
    await sleep(ms);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const pod of this.pods) await pod.kill();
    await rm(this.#folder, { recursive: true, force: true });
    await this.#environment[Symbol.asyncDispose]();
  }
}
