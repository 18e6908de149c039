import type { Container, Pod } from '@kubewright/apimachinery';
import type {
  ProbeOutcome,
  RuntimeProcess,
  ExecOptions,
  PortTarget,
} from '../runtime/contracts.ts';

/** The container a probe or a hook is about, and how to reach it. */
export interface ProbeTarget {
  readonly pod: Pod;
  readonly container: Container;
  /** The pod's address, as texts show it. */
  readonly podIp: string;
  /** Where a port of the container is really served; undefined when nobody listens. */
  resolvePort(port: number): Promise<PortTarget | undefined>;
  exec(options: ExecOptions): Promise<RuntimeProcess>;
}

/** A check that has passed. */
export const passed: ProbeOutcome = { result: 'success', output: '' };

/** A check that was answered, and not well. */
export function failed(output: string): ProbeOutcome {
  return { result: 'failure', output };
}

/**
 * A port given by number or by the name of one of the container's ports.
 *
 * @throws Error when no port has the name.
 */
export function portNumber(port: string | number, container: Container): number {
  if (typeof port === 'number') return port;
  const named = container.ports?.find((entry) => entry.name === port);
  if (named !== undefined) return named.containerPort;
  const parsed = Number(port);
  if (Number.isInteger(parsed) && parsed > 0) return parsed;
  throw new Error(`couldn't find port: ${JSON.stringify(port)} in container ports`);
}
