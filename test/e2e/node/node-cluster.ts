import { kubectl } from '../shell.ts';
import { nodeKubeconfig } from './node-kubeconfig.ts';

/** An object as kubectl shows it: only what the tests look at. */
export interface Shown {
  readonly metadata: {
    readonly name: string;
    readonly uid: string;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly deletionTimestamp?: string;
  };
  readonly status?: Readonly<Record<string, unknown>>;
}

/** An Event as kubectl shows it. */
export interface ShownEvent {
  readonly type: string;
  readonly reason: string;
  readonly message: string;
  readonly count?: number;
  readonly series?: { readonly count: number };
}

/** Longest wait for anything, as kubectl writes it: the kubelet backs off, and a small machine has much to do. */
const timeout = '--timeout=300s';
/** The same, in milliseconds. */
const limitMs = 300_000;

/** A cluster with a real node, through kubectl and as a person sees it; in the namespace default unless another is named. */
export class NodeCluster {
  readonly #env = { KUBECONFIG: nodeKubeconfig() };

  /** Runs kubectl. */
  async kubectl(...args: readonly string[]): Promise<string> {
    return kubectl(args, { env: this.#env });
  }

  /** Makes the objects so. */
  async apply(...objects: readonly object[]): Promise<void> {
    const list = { apiVersion: 'v1', kind: 'List', items: objects };
    await kubectl(['apply', '-f', '-'], { env: this.#env, input: JSON.stringify(list) });
  }

  /** Waits, by a watch, until a field has a value. */
  async untilField(object: string, path: string, value: string | number): Promise<void> {
    await this.kubectl('wait', object, `--for=jsonpath={${path}}=${String(value)}`, timeout);
  }

  /** Waits, by a watch, until a condition is true. */
  async untilCondition(object: string, condition: string): Promise<void> {
    await this.kubectl('wait', object, `--for=condition=${condition}`, timeout);
  }

  /** Waits, by a watch, until an object is gone. */
  async untilGone(object: string): Promise<void> {
    await this.kubectl('wait', object, '--for=delete', timeout);
  }

  /** Waits until a Deployment runs its latest template only, in full. */
  async untilRolledOut(deployment: string, namespace = 'default'): Promise<void> {
    await this.kubectl('rollout', 'status', `deployment/${deployment}`, '-n', namespace, timeout);
  }

  /** One object, such as `pod/web`. */
  async get(object: string): Promise<Shown> {
    // Safe as far as the API server keeps its own types.
    return JSON.parse(await this.kubectl('get', object, '-o', 'json')) as Shown;
  }

  /** The pods with a label that are not on their way out, by name. */
  async podsOf(app: string): Promise<string[]> {
    const text = await this.kubectl('get', 'pods', '-l', `app=${app}`, '-o', 'json');
    const { items } = JSON.parse(text) as { readonly items: readonly Shown[] }; // as in get
    return items
      .filter(({ metadata }) => metadata.deletionTimestamp === undefined)
      .map(({ metadata }) => metadata.name);
  }

  /** Asks until the answer is as wanted, and returns it: for what no single watch tells of. */
  async untilAnswer<T>(ask: () => Promise<T>, isWanted: (answer: T) => boolean): Promise<T> {
    const deadline = Date.now() + limitMs;
    for (;;) {
      const answer = await ask();
      if (isWanted(answer)) return answer;
      if (Date.now() > deadline)
        throw new Error(`the answer does not come: the last was ${JSON.stringify(answer)}`);
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }

  /** The Events about an object with a reason; not those about an earlier object of the same name. */
  async eventsOf(object: string, reason: string): Promise<ShownEvent[]> {
    const { uid } = (await this.get(object)).metadata;
    const selector = `involvedObject.uid=${uid},reason=${reason}`;
    const args = ['get', 'events', '--field-selector', selector, '-o', 'json'] as const;
    const text = await this.kubectl(...args);
    return (JSON.parse(text) as { readonly items: ShownEvent[] }).items; // as in get
  }
}
