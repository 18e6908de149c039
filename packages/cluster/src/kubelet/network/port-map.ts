import type { Duplex } from 'node:stream';
import { connect, type Socket } from 'node:net';
import type { PortTarget } from '../runtime/contracts.ts';
import type { ContainerRuntime } from '../runtime/runtime.ts';

/** Finds out where the ports of pods are really served. */
export class PortMap {
  readonly #runtime: ContainerRuntime;

  constructor(runtime: ContainerRuntime) {
    this.#runtime = runtime;
  }

  /**
   * Where a port of a pod can be reached: by its declared number, wherever the process really listens.
   * Undefined when nobody listens for it.
   */
  async resolve(podUid: string, port: number): Promise<PortTarget | undefined> {
    for (const record of this.#runtime.podState(podUid).containers) {
      if (record.state.phase !== 'running') continue;
      const target = await this.#runtime.resolvePort(record.id, port);
      if (target !== undefined) return target;
    }
    return undefined;
  }

  /**
   * Opens a connection to a port of a pod.
   *
   * @throws Error in the words of a kubelet when nobody listens.
   */
  async connect(podUid: string, port: number): Promise<Duplex> {
    const state = this.#runtime.podState(podUid);
    for (const record of state.containers) {
      const stream = this.#runtime.connect(record.id, port);
      if (stream !== undefined) return stream;
    }
    const target = await this.resolve(podUid, port);
    const host = target?.host ?? state.sandbox?.ip ?? '127.0.0.1';
    try {
      if (target === undefined) throw new Error('connection refused');
      return await dial(target);
    } catch (error) {
      const { uid } = state.sandbox?.pod ?? { uid: podUid };
      throw new Error(
        `error forwarding port ${String(port)} to pod ${uid}, uid : failed to connect to localhost:${String(port)} inside namespace "${uid}", IPv4: dial tcp4 ${host}:${String(port)}: connect: connection refused`,
        { cause: error },
      );
    }
  }
}

function dial(target: PortTarget): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(target.port, target.host);
    socket.once('connect', () => {
      socket.off('error', reject);
      resolve(socket);
    });
    socket.once('error', reject);
  });
}
