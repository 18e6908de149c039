import { createServer } from 'node:net';
import type { PortTarget } from '../runtime/contracts.ts';
import type { ListeningSocket } from './listening-sockets.ts';

/**
 * Which real port a container should listen on for each port it declares.
 *
 * The declared port itself is taken when it is free on the pod's address and may be bound; otherwise any
 * free one (two pods that share an address, a port below 1024 without privileges). `taken` holds what other
 * containers of this node were promised (`address:port`) and receives the new promises.
 */
export async function planPorts(
  declared: readonly number[],
  podIp: string,
  taken: Set<string>,
): Promise<ReadonlyMap<number, number>> {
  const plan = new Map<number, number>();
  for (const port of declared) {
    const wanted = taken.has(`${podIp}:${String(port)}`) ? undefined : await tryBind(podIp, port);
    const real = wanted ?? (await tryBind(podIp, 0)) ?? port;
    taken.add(`${podIp}:${String(real)}`);
    plan.set(port, real);
  }
  return plan;
}

/** The port that could be bound, freed again; undefined when it could not. */
function tryBind(host: string, port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(undefined));
    server.listen({ host, port, exclusive: true }, () => {
      const address = server.address();
      server.close(() =>
        resolve(typeof address === 'object' && address !== null ? address.port : undefined),
      );
    });
  });
}

/** The variables that tell a container where to listen. */
export function portVariables(
  plan: ReadonlyMap<number, number>,
  podIp: string,
): ReadonlyMap<string, string> {
  const variables = new Map<string, string>();
  const first = [...plan.values()][0];
  if (first === undefined) return variables;
  variables.set('HOST', podIp);
  variables.set('PORT', String(first));
  for (const [declared, real] of plan) {
    variables.set(`KUBEWRIGHT_PORT_${String(declared)}`, String(real));
  }
  return variables;
}

/**
 * Where a port of a pod is really served, by what its processes listen on: the promised port, the declared
 * port itself, or – when one port is declared and one socket listens – that socket.
 * Undefined when none of these is there.
 */
export function matchSocket(
  port: number,
  plan: ReadonlyMap<number, number>,
  sockets: readonly ListeningSocket[],
  podIp: string,
): PortTarget | undefined {
  const promised = plan.get(port);
  const onPodIp = (socket: ListeningSocket): boolean => socket.address === podIp;
  const pick = (wanted: number): ListeningSocket | undefined => {
    const candidates = sockets.filter((socket) => socket.port === wanted);
    return candidates.find(onPodIp) ?? candidates[0];
  };
  const ports = new Set(sockets.map((socket) => socket.port));
  const only =
    plan.size === 1 && promised !== undefined && ports.size === 1 ? sockets[0] : undefined;
  const socket = (promised === undefined ? undefined : pick(promised)) ?? pick(port) ?? only;
  if (socket === undefined) return undefined;
  return { host: dialAddress(socket.address, podIp), port: socket.port };
}

function dialAddress(address: string, podIp: string): string {
  return address === '0.0.0.0' || address === '::' ? podIp : address;
}
