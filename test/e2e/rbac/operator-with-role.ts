import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { EventsV1Event, Lease, ServiceAccount } from '@kubewright/apimachinery';
import type { Client } from '@kubewright/client';
import { EmbeddedCluster } from '@kubewright/cluster';
import { createLogger } from '@kubewright/runtime';
import { runOperator, type OperatorProgram } from '@kubewright/runtime/operator';
import type { Manifest } from '@kubewright/walk-through';
import { installOperator } from '../install-operator.ts';

/** Longest wait for one thing, in milliseconds: it only bounds a failure. */
export const limitMs = 120_000;

/** What every operator with leader election and Events brings about. */
export type CommonOutcome =
  'leads' | 'says that it leads' | 'tells what it may not read' | 'counts repeated Events';

/** An operator whose permissions are looked at. */
export interface OperatorAtWork<Outcome extends string> {
  readonly program: OperatorProgram;
  /** The ClusterRole that lets it work in all namespaces, its own among them. Default: none, but the Role `<name>-watch`. */
  readonly clusterRole?: string;
  /** Where the manifests put it. Its ServiceAccount has the name of the program. */
  readonly system: string;
  /** Where it works. */
  readonly namespace: string;
  /** Gives it something to do; called before it starts. */
  readonly makeWork: (client: Client) => Promise<void>;
  /** What others do while it works, until the signal aborts. Default: nothing. */
  readonly workBeside?: (client: Client, signal: AbortSignal) => Promise<void>;
  /** What it has brought about so far, beside what all do. */
  readonly outcomes: (client: Client) => Promise<Readonly<Record<Outcome, boolean>>>;
  /** What it tells users of refusals, in conditions. Default: nothing. */
  readonly told?: (client: Client) => Promise<readonly string[]>;
}

/**
 * An operator in a cluster of its own, as its ServiceAccount and with the permissions of the manifests given, and nothing
 * more. The cluster has neither controllers nor a node.
 */
export class OperatorWithRole<Outcome extends string> implements AsyncDisposable {
  readonly #cluster: EmbeddedCluster;
  readonly #client: Client;
  readonly #operator: OperatorAtWork<Outcome>;
  readonly #log: string[] = [];
  /** Told of each line of the log. */
  #wake = Promise.withResolvers<undefined>();
  readonly #resources: AsyncDisposableStack;

  private constructor(
    cluster: EmbeddedCluster,
    operator: OperatorAtWork<Outcome>,
    resources: AsyncDisposableStack,
  ) {
    this.#cluster = cluster;
    this.#client = cluster.client;
    this.#operator = operator;
    this.#resources = resources;
  }

  /** Installs the manifests, makes work, and starts the operator. */
  static async start<Outcome extends string>(
    operator: OperatorAtWork<Outcome>,
    manifests: readonly Manifest[],
  ): Promise<OperatorWithRole<Outcome>> {
    await using resources = new AsyncDisposableStack();
    const cluster = resources.use(
      await EmbeddedCluster.start({ hasControllers: false, hasNode: false }),
    );
    const { client, server } = cluster;
    // By hand what a controller would do: pods need the account.
    await client.create(ServiceAccount, {
      metadata: { name: 'default', namespace: operator.namespace },
    });
    await installOperator(client, manifests);
    await operator.makeWork(client);
    const folder = await mkdtemp(join(tmpdir(), 'operator-with-role-'));
    resources.defer(() => rm(folder, { recursive: true, force: true }));
    const kubeconfig = join(folder, 'kubeconfig');
    const accounts = `system:serviceaccounts:${operator.system}`;
    const account = {
      user: `system:serviceaccount:${operator.system}:${operator.program.name}`,
      groups: ['system:serviceaccounts', accounts, 'system:authenticated'],
    };
    await writeFile(kubeconfig, await server.kubeconfig(account), { mode: 0o600 });
    const world = new OperatorWithRole(cluster, operator, resources.move());
    world.#run(kubeconfig);
    return world;
  }

  /**
   * Changes its roles to those among the manifests while it works.
   *
   * @param collection - What is not to be watched any more: open watches outlive the permission, so those are ended.
   */
  async permitOnly(manifests: readonly Manifest[], collection: string): Promise<void> {
    const roles = manifests.filter(({ kind }) => kind === 'Role' || kind === 'ClusterRole');
    await installOperator(this.#client, roles);
    this.#cluster.server.faults.cutWatches('end', collection);
  }

  /** Waits until the log of the operator has these words of a refusal. */
  async untilRefused(words: string): Promise<void> {
    // The log is JSON.
    await this.#untilLogged(JSON.stringify(words).slice(1, -1));
  }

  /** Waits until it has told users of these words, in an Event or a condition. @throws Error with what it told instead when that takes too long */
  async untilTold(words: string): Promise<void> {
    const { namespace, told } = this.#operator;
    const signal = AbortSignal.timeout(limitMs);
    for (;;) {
      const [events, conditions] = await Promise.all([
        this.#client.list(EventsV1Event, { namespace }),
        told?.(this.#client) ?? [],
      ]);
      const texts = [...events.items.map(({ note = '' }) => note), ...conditions];
      if (texts.some((text) => text.includes(words))) return;
      if (signal.aborted) throw new Error(`nobody is told ${words}, but:\n${texts.join('\n')}`);
      await pause(20);
    }
  }

  /** Everything the operator was refused. */
  denials(): string[] {
    return this.#log.filter((line) => line.includes('forbidden'));
  }

  /** What it has brought about so far. */
  async outcomes(): Promise<Set<Outcome | CommonOutcome>> {
    const { system, namespace, outcomes } = this.#operator;
    const [leases, events, own, others] = await Promise.all([
      this.#client.list(Lease, { namespace: system }),
      this.#client.list(EventsV1Event, { namespace }),
      this.#client.list(EventsV1Event, { namespace: system }),
      outcomes(this.#client),
    ]);
    const common: Record<CommonOutcome, boolean> = {
      leads: leases.items.some(({ spec }) => Boolean(spec?.holderIdentity)),
      'says that it leads': own.items.some(({ reason }) => reason === 'LeaderElection'),
      'tells what it may not read': events.items.some(
        ({ reason }) => reason === 'MissingPermission',
      ),
      'counts repeated Events': events.items.some(({ series }) => series !== undefined),
    };
    // Object.entries forgets the type of the keys.
    const entries = Object.entries({ ...common, ...others }) as [Outcome, boolean][];
    return new Set(entries.filter(([, isThere]) => isThere).map(([outcome]) => outcome));
  }

  /** Stops the operator and the cluster; may be repeated. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#resources.disposeAsync();
  }

  #run(kubeconfig: string): void {
    const { program, system, namespace, workBeside } = this.#operator;
    const stop = new AbortController();
    const write = (line: string): void => {
      this.#log.push(line);
      this.#wake.resolve(undefined);
      this.#wake = Promise.withResolvers();
    };
    const running = runOperator(program, {
      argv: [
        ...['--kubeconfig', kubeconfig, '--namespace', namespace, '--leader-elect'],
        ...['--metrics-port', 'off', '--health-port', 'off'],
        ...(program.servesWebhooks ? ['--webhook-port', '0'] : []),
      ],
      env: {
        HOST: '127.0.0.1',
        POD_NAMESPACE: system,
        POD_NAME: `${program.name}-1`,
        ...(program.servesWebhooks ? { WEBHOOK_SERVICE: `${program.name}-webhook` } : {}),
      },
      logger: createLogger({ destination: { write } }),
      signal: stop.signal,
      handleSignals: false,
    });
    const beside = workBeside?.(this.#client, stop.signal);
    beside?.catch(() => undefined); // told below
    this.#resources.defer(async () => {
      stop.abort(new Error('the test is over'));
      await running;
      await beside;
    });
  }

  async #untilLogged(words: string): Promise<void> {
    const { promise: expired, reject } = Promise.withResolvers<never>();
    const timer = setTimeout(() => {
      reject(new Error(`nothing says ${words} in the log:\n${this.#log.join('')}`));
    }, limitMs);
    try {
      while (!this.#log.some((line) => line.includes(words))) {
        await Promise.race([this.#wake.promise, expired]);
      }
    } finally {
      clearTimeout(timer);
    }
  }
}
