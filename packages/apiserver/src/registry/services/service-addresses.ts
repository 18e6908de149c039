import type { JsonObject, StoreReader } from '../../contracts.ts';
import { listAt, numberAt, objectAt, stringsAt } from '../json-read.ts';
import { addressAt, offsetOf, parseAddressRange, type AddressRange } from './address-range.ts';
import { NumberPool } from './number-pool.ts';

const FIRST_NODE_PORT = 30_000;
const LAST_NODE_PORT = 32_767;

/** What a service holds: addresses and node ports. */
interface Holdings {
  readonly addresses: readonly string[];
  readonly ports: readonly number[];
}

function holdingsOf(service: JsonObject | undefined): Holdings {
  const spec = objectAt(service ?? {}, 'spec');
  const health = numberAt(spec, 'healthCheckNodePort') ?? 0;
  return {
    addresses: stringsAt(spec, 'clusterIPs').filter((address) => address !== 'None'),
    ports: [...listAt(spec, 'ports').map((port) => numberAt(port, 'nodePort') ?? 0), health].filter(
      (port) => port > 0,
    ),
  };
}

/**
 * The addresses and node ports that Services share.
 *
 * Invariant: whatever a stored Service holds is taken. Followed from the store, so it is right whoever wrote it.
 */
export class ServiceAddresses {
  readonly range: AddressRange;
  /** The range as it was given. */
  readonly cidr: string;
  readonly #addresses: NumberPool;
  readonly #ports = new NumberPool(FIRST_NODE_PORT, LAST_NODE_PORT);

  constructor(store: StoreReader, cidr: string) {
    this.cidr = cidr;
    this.range = parseAddressRange(cidr);
    // The network's own address and its broadcast address are nobody's.
    this.#addresses = new NumberPool(1, this.range.size - 2);
    // Lives as long as the store.
    store.observe('services', (event) => {
      const before = event.type === 'ADDED' ? undefined : (event.old ?? event.object);
      const after = event.type === 'DELETED' ? undefined : event.object;
      this.#replace(holdingsOf(before), holdingsOf(after));
    });
  }

  /** Takes a particular address; false when it is taken, or none of the range. */
  takeAddress(address: string): boolean {
    const offset = offsetOf(this.range, address);
    return offset !== undefined && this.#addresses.take(offset);
  }

  /** Takes a free address; undefined when there is none. */
  takeAnyAddress(): string | undefined {
    const offset = this.#addresses.takeAny();
    return offset === undefined ? undefined : addressAt(this.range, offset);
  }

  releaseAddress(address: string): void {
    const offset = offsetOf(this.range, address);
    if (offset !== undefined) this.#addresses.release(offset);
  }

  /** Whether a number can be a node port at all. */
  isNodePort(port: number): boolean {
    return port >= FIRST_NODE_PORT && port <= LAST_NODE_PORT;
  }

  takePort(port: number): boolean {
    return this.#ports.take(port);
  }

  takeAnyPort(): number | undefined {
    return this.#ports.takeAny();
  }

  releasePort(port: number): void {
    this.#ports.release(port);
  }

  #replace(before: Holdings, after: Holdings): void {
    for (const address of before.addresses) {
      if (!after.addresses.includes(address)) this.releaseAddress(address);
    }
    for (const port of before.ports) if (!after.ports.includes(port)) this.#ports.release(port);
    for (const address of after.addresses) this.takeAddress(address);
    for (const port of after.ports) this.#ports.take(port);
  }
}
