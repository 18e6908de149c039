import type { AcceptedStream } from '../../contracts.ts';
import { KubeletRefusal } from '../kubelet-refusal.ts';
import { portParameters } from '../query-parameter.ts';

/** The ports that a port-forward names in its query. @throws StatusError 400 for values that are no ports */
export function parseForwardPorts({ query }: Pick<AcceptedStream, 'query'>): readonly number[] {
  return portParameters(query, 'ports');
}

/** Over channels the ports must be known from the start. @throws KubeletRefusal */
export function checkForwardPorts(ports: readonly number[]): void {
  if (ports.length === 0) throw new KubeletRefusal(400, 'query parameter "port" is required');
  const bad = ports.find((port) => port === 0);
  if (bad !== undefined) throw new KubeletRefusal(400, `port "${bad}" must be > 0`);
}
