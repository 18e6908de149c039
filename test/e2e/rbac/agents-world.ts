import { setTimeout as pause } from 'node:timers/promises';
import {
  CustomResourceDefinition,
  isConditionTrue,
  Lease,
  Pod,
  Role,
  type PolicyRule,
  type Stored,
} from '@kubewright/apimachinery';
import type { Client } from '@kubewright/client';
import { EmbeddedCluster } from '@kubewright/cluster';
import { DatabaseCluster, program, type DatabaseClusterSpec } from '@kubewright/database-cluster';
import { createLogger } from '@kubewright/runtime';
import { runOperator } from '@kubewright/runtime/operator';
import { repositoryImages } from '@kubewright/walk-through';
import { cordon } from '../cordon.ts';
import { untilObject } from '../until-object.ts';

const namespace = 'default';
/** Longest time until a database is whole, in milliseconds: it bounds a failure only. */
const startLimitMs = 600_000;
/** Longest wait for one thing, in milliseconds: it bounds a failure only, and who waits on keeps the process alive. */
const limitMs = 120_000;

/** Databases on a node, made by the operator, which is then gone: nobody repairs the roles of the agents any more. */
export class AgentsWorld implements AsyncDisposable {
  readonly #client: Client;
  readonly #cluster: EmbeddedCluster;

  private constructor(cluster: EmbeddedCluster) {
    this.#cluster = cluster;
    this.#client = cluster.client;
  }

  /** Starts a cluster with databases, and waits until each is ready and has let its standbys take over. */
  static async start(
    databases: Readonly<Record<string, Partial<DatabaseClusterSpec>>>,
  ): Promise<AgentsWorld> {
    // Sockets have short paths.
    const cluster = await EmbeddedCluster.start({
      images: repositoryImages(),
      parentFolder: '/tmp',
      kubelet: { syncPeriodMs: 1_000 },
    });
    const world = new AgentsWorld(cluster);
    try {
      await world.#make(databases);
      return world;
    } catch (error) {
      await cluster.stop();
      throw error;
    }
  }

  async #make(databases: Readonly<Record<string, Partial<DatabaseClusterSpec>>>): Promise<void> {
    const manifest = DatabaseCluster.manifest();
    await this.#client.create(CustomResourceDefinition, {
      ...manifest,
      spec: { ...manifest.spec, conversion: { strategy: 'None' } },
    });
    await untilObject(
      this.#client,
      CustomResourceDefinition,
      { name: manifest.metadata.name ?? '' },
      ({ status }) => isConditionTrue(status?.conditions, 'Established'),
    );
    for (const [name, spec] of Object.entries(databases)) {
      await this.#client.create(
        DatabaseCluster.resource,
        DatabaseCluster.create({
          metadata: { name, namespace },
          spec: { replicas: 1, version: '15', storage: { size: '64Mi' }, ...spec },
        }),
      );
    }
    const stop = new AbortController();
    const running = runOperator(program, {
      argv: [
        ...['--kubeconfig', this.#cluster.kubeconfigPath, '--namespace', namespace],
        ...['--metrics-port', 'off', '--health-port', 'off', '--webhook-port', 'off'],
      ],
      env: {},
      logger: createLogger({ level: 'silent' }),
      signal: stop.signal,
      handleSignals: false,
    });
    try {
      for (const [name, { replicas = 1 }] of Object.entries(databases)) {
        await this.#untilWhole(name, replicas);
      }
    } finally {
      stop.abort(new Error('the databases are there'));
      await running;
    }
  }

  /** What the agents of a database may do. */
  async rules(database: string): Promise<readonly PolicyRule[]> {
    const { rules = [] } = await this.#client.get(Role, { namespace, name: database });
    return rules;
  }

  /** Takes a permission from the agents of a database. */
  async forbid(database: string, verb: string, resource: string): Promise<void> {
    const rules = (await this.rules(database)).map((rule) => ({
      ...rule,
      verbs: rule.verbs.filter((each) => each !== verb || !rule.resources?.includes(resource)),
    }));
    await this.#client.patch(
      Role,
      { namespace, name: database },
      { type: 'merge', body: { rules } },
    );
  }

  /** The pod of a database that its agents take for the primary. */
  async primary(database: string): Promise<string> {
    const { metadata } = await this.#lease(database);
    return metadata.annotations?.['example.com/primary'] ?? '';
  }

  /** When the lease of a database was last renewed. */
  async renewal(database: string): Promise<string | undefined> {
    return (await this.#lease(database)).spec?.renewTime;
  }

  /** The label of a pod that Services select by. */
  async role(pod: string): Promise<string | undefined> {
    const { metadata } = await this.#client.get(Pod, { namespace, name: pod });
    return metadata.labels?.['example.com/role'];
  }

  /** Kills a pod; resolves when another one of its name is there. */
  async replace(pod: string): Promise<void> {
    const ref = { namespace, name: pod };
    const { uid } = (await this.#client.get(Pod, ref)).metadata;
    await this.#client.delete(Pod, ref, { gracePeriodSeconds: 0 });
    await untilObject(this.#client, Pod, ref, ({ metadata }) => metadata.uid !== uid);
  }

  /** Lets no further pod onto the node. */
  async cordon(): Promise<void> {
    await cordon(this.#client);
  }

  /** How often the agent of a pod has said that it may not do something. */
  async denials(pod: string, verb: string, resource: string): Promise<number> {
    const log = await this.#client.logText({ namespace, name: pod }, { container: 'agent' });
    return log.split(`cannot ${verb} resource \\"${resource}\\"`).length - 1;
  }

  /**
   * Looks again and again until it is so.
   *
   * @throws Error with what was waited for, and what went wrong last, when it does not come to pass.
   */
  async until(isSo: () => Promise<boolean>): Promise<void> {
    const signal = AbortSignal.timeout(limitMs);
    let cause: unknown;
    const isSoNow = (): Promise<boolean> =>
      isSo().catch((error: unknown) => {
        cause = error;
        return false;
      });
    while (!(await isSoNow())) {
      if (signal.aborted) throw new Error(`did not come to pass: ${String(isSo)}`, { cause });
      await pause(100);
    }
  }

  /** Stops all of it; may be repeated. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#cluster.stop();
  }

  async #untilWhole(database: string, replicas: number): Promise<void> {
    const signal = AbortSignal.timeout(startLimitMs);
    for (;;) {
      const ref = { namespace, name: database };
      const { status } = await this.#client.get(DatabaseCluster.resource, ref);
      const isReady = isConditionTrue(status?.conditions, 'Ready');
      if (isReady && (await this.#successors(database)).length === replicas - 1) return;
      if (signal.aborted) throw new Error(`${database} is not whole: ${JSON.stringify(status)}`);
      await pause(200);
    }
  }

  async #lease(database: string): Promise<Stored<Lease>> {
    return this.#client.get(Lease, { namespace, name: `${database}-primary` });
  }

  async #successors(database: string): Promise<readonly string[]> {
    const { metadata } = await this.#lease(database);
    const text = metadata.annotations?.['example.com/successors'] ?? '[]';
    const names = JSON.parse(text) as readonly string[]; // as agents write it
    const primary = await this.primary(database);
    return names.filter((name) => name !== primary);
  }
}
