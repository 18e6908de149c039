import { monitorEventLoopDelay, performance } from 'node:perf_hooks';

/** What one subject process reports, as one line of JSON. */
export interface Measurement {
  readonly subject: string;
  readonly task: 'sync' | 'reconcile';
  readonly size: number;
  /** From the start of the work, modules loaded, to its end. */
  readonly durationMs: number;
  /** Processor time of this process for it. */
  readonly cpuMs: number;
  /** Longest the event loop was held up. */
  readonly stallMs: number;
  /** Most memory this process ever had. */
  readonly peakMb: number;
}

/** Measures some work and prints the measurement. */
export async function measure(
  subject: string,
  task: Measurement['task'],
  size: number,
  work: () => Promise<void>,
): Promise<void> {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  const cpu = process.cpuUsage();
  const startMs = performance.now();
  await work();
  const durationMs = performance.now() - startMs;
  const { user, system } = process.cpuUsage(cpu);
  delay.disable();
  const measurement: Measurement = {
    subject,
    task,
    size,
    durationMs,
    cpuMs: (user + system) / 1000,
    stallMs: delay.max / 1e6,
    peakMb: process.resourceUsage().maxRSS / 1024,
  };
  process.stdout.write(`${JSON.stringify(measurement)}\n`);
}

/** The number of objects to work on, from the command line. */
export function sizeArgument(): number {
  const size = Number(process.argv[2]);
  if (!Number.isSafeInteger(size) || size < 1) throw new TypeError('usage: <subject>.ts SIZE');
  return size;
}
