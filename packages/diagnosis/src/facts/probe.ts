import type { Field } from './field.ts';

/** Which of the three probes. */
export type ProbeKind = 'livenessProbe' | 'readinessProbe' | 'startupProbe';

/**
 * A probe of a container and its timing, in milliseconds, with the defaults of the API (period 10 s, timeout 1 s,
 * 3 failures, no delay).
 */
export class Probe {
  readonly field: Field;

  constructor(field: Field) {
    this.field = field;
  }

  get delayMs(): number {
    return this.#seconds('initialDelaySeconds', 0);
  }

  get periodMs(): number {
    return this.#seconds('periodSeconds', 10) || 10_000;
  }

  get timeoutMs(): number {
    return this.#seconds('timeoutSeconds', 1) || 1000;
  }

  get failureThreshold(): number {
    return this.#count('failureThreshold', 3) || 3;
  }

  /** Grace of a kill by this probe, when it has its own. */
  get graceMs(): number | undefined {
    const seconds = this.field.at('terminationGracePeriodSeconds').number;
    return seconds === undefined ? undefined : seconds * 1000;
  }

  /** The soonest that it can have failed often enough, counted from the start of the container. */
  get soonestMs(): number {
    return this.delayMs + this.periodMs * (this.failureThreshold - 1);
  }

  /** The latest, when it fails from the first time on: the first run comes within one period after the delay. */
  get latestMs(): number {
    return this.delayMs + this.periodMs * this.failureThreshold + this.timeoutMs;
  }

  /** `every 3 s, 2 failures`, to be said. */
  get timing(): string {
    const delay = this.delayMs > 0 ? `after ${this.delayMs / 1000} s, ` : '';
    const failures =
      this.failureThreshold === 1 ? '1 failure' : `${this.failureThreshold} failures`;
    return `${delay}every ${this.periodMs / 1000} s, ${failures}, timeout ${this.timeoutMs / 1000} s`;
  }

  /** What it asks, to be said: `GET :8080/health`, `TCP :5432`, `gRPC :9000`, a command. */
  get question(): string {
    const http = this.field.at('httpGet');
    if (http.isPresent) return `GET :${portOf(http)}${http.at('path').text ?? '/'}`;
    const tcp = this.field.at('tcpSocket');
    if (tcp.isPresent) return `TCP :${portOf(tcp)}`;
    const grpc = this.field.at('grpc');
    if (grpc.isPresent) return `gRPC :${portOf(grpc)}`;
    const command = this.field.at('exec', 'command').items.map((word) => word.text ?? '…');
    return command.length > 0 ? `\`${command.join(' ').slice(0, 80)}\`` : 'its question';
  }

  #seconds(name: string, absent: number): number {
    return this.#count(name, absent) * 1000;
  }

  #count(name: string, absent: number): number {
    const count = this.field.at(name).number;
    return count === undefined || count < 0 ? absent : count;
  }
}

function portOf(action: Field): string {
  const port = action.at('port');
  return port.text ?? String(port.number ?? '?');
}
