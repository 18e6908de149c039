import type { Probe } from '@kubewright/apimachinery';
import type { Clock } from '../clock.ts';
import type { ProbeOutcome } from '../runtime/contracts.ts';
import { execProbe } from './exec-probe.ts';
import { grpcProbe } from './grpc-probe.ts';
import { httpProbe } from './http-probe.ts';
import { probeNumbers } from './probe-state.ts';
import type { ProbeTarget } from './probe-target.ts';
import { tcpProbe } from './tcp-probe.ts';

/**
 * Asks a container once what a probe wants to know; what cannot be asked is `unknown`, never an error.
 * The answer of a question that the signal has ended means nothing.
 */
export async function askProbe(
  probe: Probe,
  target: ProbeTarget,
  clock: Clock,
  signal: AbortSignal,
): Promise<ProbeOutcome> {
  const { timeoutMs } = probeNumbers(probe);
  try {
    if (probe.exec !== undefined)
      return await execProbe(probe.exec, target, clock, timeoutMs, signal);
    if (probe.httpGet !== undefined)
      return await httpProbe(probe.httpGet, target, timeoutMs, signal);
    if (probe.tcpSocket !== undefined)
      return await tcpProbe(probe.tcpSocket, target, timeoutMs, signal);
    if (probe.grpc !== undefined) return await grpcProbe(probe.grpc, target, timeoutMs, signal);
    return { result: 'unknown', output: `missing probe handler for ${target.container.name}` };
  } catch (error) {
    return { result: 'unknown', output: error instanceof Error ? error.message : String(error) };
  }
}
