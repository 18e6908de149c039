import type { Duplex } from 'node:stream';
import { Pod, type NamespacedName } from '@kubewright/apimachinery';
import type { ClientContext } from '../api/client-context.ts';
import { withQuery } from '../api/query.ts';
import { namespaceFor, targetOf } from '../api/target.ts';
import { PortStream } from './port-stream.ts';

/** Options of a connection to a port of a pod. */
export interface PortForwardOptions {
  /**
   * How long the pod may stay silent after this side has ended before the connection is closed, in milliseconds:
   * the protocol cannot pass the end on. Default 5,000.
   */
  readonly lingerMs?: number | undefined;
  /** Destroys the connection. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Connects to a port of a pod, by the API server and the node.
 *
 * @throws TypeError for a port outside 1 to 65535.
 */
export async function openPortForward(
  context: ClientContext,
  ref: NamespacedName,
  port: number,
  options: PortForwardOptions = {},
): Promise<Duplex> {
  if (!Number.isInteger(port) || port < 1 || port > 65_535) {
    throw new TypeError(`a port is a number from 1 to 65535, not ${port}`);
  }
  const namespace = namespaceFor(Pod, ref.namespace, context.namespace);
  const subresource = 'portforward';
  const target = targetOf(Pod, { verb: subresource, namespace, name: ref.name, subresource });
  const attempt = `forward port ${port} of Pod ${namespace ?? ''}/${ref.name}`;
  const connection = await context.caller.webSocket({
    ...target,
    attempt,
    path: withQuery(target.path, { ports: port }),
    protocols: ['v4.channel.k8s.io'],
    signal: options.signal,
  });
  return new PortStream({ connection, port, attempt, lingerMs: options.lingerMs ?? 5_000 });
}
