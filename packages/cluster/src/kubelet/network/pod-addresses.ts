import { randomInt } from 'node:crypto';

/** Hands out the addresses of pods. */
export interface PodAddresses {
  /** Address of the node itself. */
  readonly nodeIp: string;
  /** An address for a new pod. */
  take(): string;
  /** A pod's address that is free again. */
  release(address: string): void;
}

/**
 * Addresses in 127.0.0.0/8, all of which Linux routes to this machine without any set-up.
 * Each node takes a random network of 65,534 addresses in it, so that several on one machine rarely meet.
 */
export class LoopbackRange implements PodAddresses {
  readonly nodeIp = '127.0.0.1';
  readonly #network: number;
  /** Addresses in use, as the last two bytes. */
  readonly #used = new Set<number>();
  /** The one tried first; addresses are not used again at once, so that old connections find nobody. */
  #next = 2;

  /** @param network second byte of the network, 1 to 254. Default: random from 16 to 239. */
  constructor(network: number = randomInt(16, 240)) {
    this.#network = network;
  }

  take(): string {
    for (let tried = 0; tried < 65_534; tried += 1) {
      const host = this.#next;
      this.#next = host >= 65_534 ? 2 : host + 1;
      if (this.#used.has(host) || host % 256 === 0 || host % 256 === 255) continue;
      this.#used.add(host);
      return `127.${String(this.#network)}.${String(host >> 8)}.${String(host & 255)}`;
    }
    throw new Error(
      `no IP addresses available in range set: 127.${String(this.#network)}.0.2-127.${String(this.#network)}.255.254`,
    );
  }

  release(address: string): void {
    const [first, second, third, fourth] = address.split('.').map(Number);
    if (first !== 127 || second !== this.#network) return;
    this.#used.delete(((third ?? 0) << 8) | (fourth ?? 0));
  }
}

/** One address for all pods: macOS has no other loopback address than 127.0.0.1 without privileges. */
export class SharedLoopback implements PodAddresses {
  readonly nodeIp = '127.0.0.1';

  take(): string {
    return this.nodeIp;
  }

  release(): void {
    // Shared by all: nothing becomes free.
  }
}

/** What fits this machine. */
export function localPodAddresses(platform: NodeJS.Platform = process.platform): PodAddresses {
  return platform === 'linux' ? new LoopbackRange() : new SharedLoopback();
}
