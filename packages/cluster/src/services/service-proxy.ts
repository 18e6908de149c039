import type { Backend, ServicePortEntry } from './service-table.ts';
import { TcpForwarder, type Target } from './tcp-forwarder.ts';

/** What a {@link ServiceProxy} needs. */
export interface ServiceProxyOptions {
  /** Where a pod's declared port is really served; undefined when nobody listens. */
  readonly resolve: (podUid: string, port: number) => Promise<Target | undefined>;
  /** Told of an address that could not be had; the port is then served elsewhere. */
  readonly onFallback?: (entry: ServicePortEntry, error: unknown) => void;
}

interface Served {
  readonly forwarder: TcpForwarder;
  entry: ServicePortEntry;
  /** Index of the backend for the next connection. */
  next: number;
}

/**
 * Serves each Service on this machine: connections to its address go to its ready pods in turn, and on to
 * the port where the container really listens. While there is no such pod they are refused.
 *
 * The cluster IP and port are bound where the system allows it. Where it does not (a port below 1024 without
 * privileges, macOS, which has one loopback address only), a free port of 127.0.0.1 stands in; `addressOf`
 * tells which, and the kubelet's service variables carry it into the containers.
 */
export class ServiceProxy {
  readonly #options: ServiceProxyOptions;
  /** Listening forwarders by `key@address`. */
  readonly #served = new Map<string, Served>();
  /** The update that runs; the next begins when it has ended. */
  #tail: Promise<void> = Promise.resolve();
  #isClosed = false;

  constructor(options: ServiceProxyOptions) {
    this.#options = options;
  }

  /** Serves these ports, and no others, from now on. Resolves when it does. */
  update(entries: readonly ServicePortEntry[]): Promise<void> {
    this.#tail = this.#tail.then(() => this.#apply(this.#isClosed ? [] : entries));
    return this.#tail;
  }

  /** Where a Service's port can be reached on this machine. */
  addressOf(key: string): Target | undefined {
    return this.#served.get(`${key}@cluster`)?.forwarder.address;
  }

  /** Ends all connections; may be repeated. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.update([]);
  }

  async #apply(entries: readonly ServicePortEntry[]): Promise<void> {
    const wanted = new Map<
      string,
      { entry: ServicePortEntry; address: Target; mayMove: boolean }
    >();
    for (const entry of entries) {
      const { key, clusterIp, port, nodePort } = entry;
      wanted.set(`${key}@cluster`, { entry, address: { host: clusterIp, port }, mayMove: true });
      if (nodePort !== undefined) {
        wanted.set(`${key}@node`, {
          entry,
          address: { host: '127.0.0.1', port: nodePort },
          mayMove: false,
        });
      }
    }
    for (const [id, served] of this.#served) {
      const now = wanted.get(id);
      if (
        now?.entry.clusterIp === served.entry.clusterIp &&
        now.entry.nodePort === served.entry.nodePort
      ) {
        served.entry = now.entry;
        if (await this.#follow(served)) continue;
      }
      this.#served.delete(id);
      await served.forwarder.close();
    }
    for (const [id, { entry, address, mayMove }] of wanted) {
      if (!this.#served.has(id)) await this.#serve(id, entry, address, mayMove);
    }
  }

  async #serve(
    id: string,
    entry: ServicePortEntry,
    address: Target,
    mayMove: boolean,
  ): Promise<void> {
    const choose = (): Promise<Target | undefined> => this.#choose(id);
    try {
      this.#add(id, entry, await TcpForwarder.listen(address, choose));
    } catch (error) {
      this.#options.onFallback?.(entry, error);
      if (!mayMove) return;
      this.#add(id, entry, await TcpForwarder.listen({ host: '127.0.0.1', port: 0 }, choose));
    }
  }

  #add(id: string, entry: ServicePortEntry, forwarder: TcpForwarder): void {
    this.#served.set(id, { forwarder, entry, next: 0 });
    if (entry.backends.length === 0) forwarder.refuse();
  }

  /** Refuses or takes connections as there are pods; false when somebody else took the address meanwhile. */
  async #follow({ forwarder, entry }: Served): Promise<boolean> {
    if (entry.backends.length === 0) {
      forwarder.refuse();
      return true;
    }
    try {
      await forwarder.accept();
      return true;
    } catch {
      return false;
    }
  }

  /** Each backend once, beginning with the one whose turn it is; the first that listens is taken. */
  async #choose(id: string): Promise<Target | undefined> {
    const served = this.#served.get(id);
    if (served === undefined) return undefined;
    const { backends } = served.entry;
    const start = served.next;
    served.next = (start + 1) % Math.max(1, backends.length);
    for (let i = 0; i < backends.length; i++) {
      const backend: Backend | undefined = backends[(start + i) % backends.length];
      const target = backend && (await this.#options.resolve(backend.podUid, backend.port));
      if (target !== undefined) return target;
    }
    return undefined;
  }
}
