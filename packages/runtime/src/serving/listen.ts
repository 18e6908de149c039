import type { AddressInfo, Server } from 'node:net';
import { PortInUseError } from './port-in-use-error.ts';

/** Where a server of an operator listens, and what for. */
export interface ListenOptions {
  /** What it is for; stands in error messages, such as `metrics`. */
  readonly purpose: string;
  /** Address to listen on. Default: all of them, IPv6 and IPv4. */
  readonly host?: string | undefined;
  /** 0 takes any free port. */
  readonly port: number;
}

/**
 * Listens, and resolves with the address.
 *
 * @throws PortInUseError when another program has the port.
 * @throws Error of the system, such as `EACCES`, with the purpose, host and port before it.
 */
export async function listen(
  server: Server,
  { purpose, host, port }: ListenOptions,
): Promise<AddressInfo> {
  const { promise, resolve, reject } = Promise.withResolvers<undefined>();
  server.once('error', reject);
  server.listen({ port, ...(host === undefined ? {} : { host }) }, () => {
    server.off('error', reject);
    resolve(undefined);
  });
  await promise.catch((cause: unknown) => {
    const shownHost = host ?? '*';
    if (cause instanceof Error && 'code' in cause && cause.code === 'EADDRINUSE') {
      throw new PortInUseError(purpose, shownHost, port, { cause });
    }
    const detail = cause instanceof Error ? cause.message : String(cause);
    throw new Error(
      `the ${purpose} server cannot listen on ${shownHost}:${String(port)}: ${detail}`,
      { cause },
    );
  });
  const address = addressOf(server);
  if (address === undefined) throw new Error(`the ${purpose} server has no TCP address`);
  return address;
}

/** Where a server listens; undefined while it does not. */
export function addressOf(server: Server | undefined): AddressInfo | undefined {
  const address = server?.address();
  return typeof address === 'object' && address !== null ? address : undefined;
}
