import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EventsV1Event, Lease, Pod, ServiceAccount } from '@kubewright/apimachinery';
import type { ContainerStatus, OwnerReference } from '@kubewright/apimachinery';
import type { Client } from '@kubewright/client';
import { EmbeddedCluster } from '@kubewright/cluster';
import { PodDiagnoser, program, restartReasonAnnotation } from '@kubewright/pod-diagnoser';
import { createLogger } from '@kubewright/runtime';
import { runOperator } from '@kubewright/runtime/operator';
import type { Manifest } from '@kubewright/walk-through';
import { installOperator } from './install-operator.ts';

/** Where the manifests put the operator, whose account it is, and where it works. */
export const [system, namespace, operator] = ['kubewright-system', 'default', 'pod-diagnoser'];

const account = {
  user: `system:serviceaccount:${system}:${operator}`,
  groups: ['system:serviceaccounts', `system:serviceaccounts:${system}`, 'system:authenticated'],
};

/** What an operator that may do its work has brought about. */
export type Outcome =
  | 'leads'
  | 'says that it leads'
  | 'annotates'
  | 'counts'
  | 'records the crash'
  | 'has the pod replaced'
  | 'counts repeated Events';

const crashed: ContainerStatus = {
  name: 'app',
  image: 'app',
  imageID: 'app',
  ready: true,
  restartCount: 1,
  state: { running: { startedAt: '2026-01-31T12:00:02Z' } },
  lastState: {
    terminated: { exitCode: 1, reason: 'Error', finishedAt: '2026-01-31T12:00:00Z' },
  },
};
const replicaSet: OwnerReference = {
  apiVersion: 'apps/v1',
  kind: 'ReplicaSet',
  name: 'web',
  uid: 'web-1',
  controller: true,
};

/**
 * The operator at work in a cluster of its own, as its ServiceAccount and with the permissions of the manifests given, and
 * nothing more. Nobody runs its pods: two of them have crashed by what their status says.
 */
export class OperatorWithRole implements AsyncDisposable {
  readonly #client: Client;
  readonly #log: string[] = [];
  /** Told of each line of the log. */
  #wake = Promise.withResolvers<undefined>();
  readonly #resources: AsyncDisposableStack;

  private constructor(client: Client, resources: AsyncDisposableStack) {
    this.#client = client;
    this.#resources = resources;
  }

  /** Installs the manifests, lets two pods crash, and starts the operator. */
  static async start(manifests: readonly Manifest[]): Promise<OperatorWithRole> {
    await using resources = new AsyncDisposableStack();
    const cluster = resources.use(
      await EmbeddedCluster.start({ hasControllers: false, hasNode: false }),
    );
    const { client } = cluster;
    // By hand what a controller would do: pods need the account.
    await client.create(ServiceAccount, {
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: { name: 'default', namespace },
    });
    await installOperator(client, manifests);
    await makeWork(client);
    const folder = await mkdtemp(join(tmpdir(), 'operator-with-role-'));
    resources.defer(() => rm(folder, { recursive: true, force: true }));
    const kubeconfig = join(folder, 'kubeconfig');
    await writeFile(kubeconfig, await cluster.server.kubeconfig(account), { mode: 0o600 });
    const world = new OperatorWithRole(client, resources.move());
    world.#run(kubeconfig);
    return world;
  }

  /** Waits until the log of the operator says that this permission is missing. */
  async untilDenied(verb: string, resource: string): Promise<void> {
    await this.#untilLogged(`cannot ${verb} resource \\"${resource}\\"`);
  }

  /** Everything the operator was refused. */
  denials(): string[] {
    return this.#log.filter((line) => line.includes('forbidden'));
  }

  /** What it has brought about so far. */
  async outcomes(): Promise<Set<Outcome>> {
    const client = this.#client;
    const [leases, events, own, { items: pods }, diagnosers] = await Promise.all([
      client.list(Lease, { namespace: system }),
      client.list(EventsV1Event, { namespace }),
      client.list(EventsV1Event, { namespace: system }),
      client.list(Pod, { namespace }),
      client.list(PodDiagnoser.resource, { namespace }),
    ]);
    const found: Record<Outcome, boolean> = {
      leads: leases.items.some(({ spec }) => Boolean(spec?.holderIdentity)),
      'says that it leads': own.items.some(({ reason }) => reason === 'LeaderElection'),
      annotates: pods.some(({ metadata }) => metadata.annotations?.[restartReasonAnnotation]),
      counts: diagnosers.items.every(({ status }) => status?.diagnosedPods === 1),
      'records the crash': events.items.some(({ reason }) => reason === 'PodRestarted'),
      'has the pod replaced': !pods.some(({ metadata }) => metadata.name === 'replace'),
      'counts repeated Events': events.items.some(({ series }) => series !== undefined),
    };
    // Object.entries forgets the type of the keys.
    const entries = Object.entries(found) as [Outcome, boolean][];
    return new Set(entries.filter(([, isThere]) => isThere).map(([outcome]) => outcome));
  }

  /** Stops the operator and the cluster; may be repeated. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#resources.disposeAsync();
  }

  #run(kubeconfig: string): void {
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
      ],
      env: { POD_NAMESPACE: system, POD_NAME: 'pod-diagnoser-1' },
      logger: createLogger({ destination: { write } }),
      signal: stop.signal,
      handleSignals: false,
    });
    this.#resources.defer(async () => {
      stop.abort(new Error('the test is over'));
      await running;
    });
  }

  async #untilLogged(words: string): Promise<void> {
    while (!this.#log.some((line) => line.includes(words))) await this.#wake.promise;
  }
}

async function makeWork(client: Client): Promise<void> {
  for (const [app, remediationAction] of [
    ['record', 'LogEvent'],
    ['replace', 'RestartPod'],
  ] as const) {
    await client.create(PodDiagnoser.resource, {
      apiVersion: PodDiagnoser.resource.apiVersion,
      kind: PodDiagnoser.resource.kind,
      metadata: { name: app, namespace },
      spec: { targetLabels: { app }, enableAnnotations: true, remediationAction },
    });
    await client.create(Pod, {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: app, namespace, labels: { app }, ownerReferences: [replicaSet] },
      spec: { containers: [{ name: 'app', image: 'app' }] },
    });
    const body = { status: { phase: 'Running', containerStatuses: [crashed] } };
    const patch = { type: 'merge', body } as const;
    await client.patch(Pod, { name: app, namespace }, patch, { subresource: 'status' });
  }
}
