import { plainText, ServingEndpoint, type Clock, type ServingResponse } from '@kubewright/runtime';
import { metricsPort } from '../objects/pod-paths.ts';
import type { Agent } from './agent.ts';
import { databaseMetrics } from './database-metrics.ts';

/**
 * An agent whose last round is older than this is stuck, in milliseconds. One whose rounds fail is not: while the API server is
 * away a restart mends nothing, and the waits between restarts would keep the agent away when the server is back.
 */
const stuckAfterMs = 60_000;

/** Where an {@link AgentEndpoint} listens. */
export interface AgentEndpointOptions {
  readonly host: string;
  readonly port: number;
  readonly clock: Clock;
}

/** Answers `/healthz` (its rounds go on), `/readyz` (its server serves as it should) and, while the cluster wants it, metrics on a port of their own. */
export class AgentEndpoint implements AsyncDisposable {
  readonly #agent: Agent;
  readonly #clock: Clock;
  readonly #startedAtMs: number;
  readonly #probes: ServingEndpoint;
  readonly #metrics: ServingEndpoint;

  constructor(agent: Agent, { host, port, clock }: AgentEndpointOptions) {
    this.#agent = agent;
    this.#clock = clock;
    this.#startedAtMs = clock.monotonicMs();
    this.#probes = new ServingEndpoint({
      purpose: 'health',
      host,
      port,
      handle: ({ url }) => Promise.resolve(this.#probe(url.pathname)),
    });
    this.#metrics = new ServingEndpoint({
      purpose: 'metrics',
      host,
      port: metricsPort,
      handle: ({ url }) => this.#measure(url.pathname),
    });
  }

  /** Listens. @throws PortInUseError */
  async start(): Promise<void> {
    await this.#probes.start();
    await this.#metrics.start();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#probes.stop();
    await this.#metrics.stop();
  }

  #probe(path: string): ServingResponse {
    const { report, roundEndedMs = this.#startedAtMs } = this.#agent;
    const ageMs = this.#clock.monotonicMs() - roundEndedMs;
    switch (path) {
      case '/healthz':
        return ageMs < stuckAfterMs
          ? plainText(200, 'ok')
          : plainText(503, `the last round ended ${String(Math.round(ageMs / 1000))} s ago\n`);
      case '/readyz':
        if (report === undefined) return plainText(503, 'the first round has not ended\n');
        return report.trouble === '' ? plainText(200, 'ok') : plainText(503, `${report.trouble}\n`);
      default:
        return plainText(404, 'here are /healthz and /readyz\n');
    }
  }

  async #measure(path: string): Promise<ServingResponse> {
    const { report } = this.#agent;
    const wanted = report?.record.settings.metricsPath;
    if (report === undefined || wanted === undefined || path !== wanted) {
      return plainText(404, 'no metrics here\n');
    }
    return databaseMetrics(report, this.#agent.server);
  }
}
