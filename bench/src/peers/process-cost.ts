import { readFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Three digits after the point. */
export const round = (value: number): number => Math.round(value * 1000) / 1000;

/** Age of this process in milliseconds, to the kernel's tick of 10 ms. Linux. */
export function sinceExecMs(): number {
  const stat = readFileSync('/proc/self/stat', 'latin1');
  // After the name, which may hold anything: the 20th field is the tick of the start (proc(5)).
  const startTicks = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]);
  const [uptimeSeconds] = readFileSync('/proc/uptime', 'latin1').split(' ');
  return round(Number(uptimeSeconds) * 1000 - startTicks * 10);
}

/** Seconds of processor time so far. */
export function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return round((user + system) / 1e6);
}

/** Most memory that this process ever had, in MiB. */
export function peakMb(): number {
  return round(process.resourceUsage().maxRSS / 1024);
}

/** Memory that this process has, in MiB. */
export function residentMb(): number {
  return round(process.memoryUsage.rss() / 2 ** 20);
}

/** What is reachable after a full collection, in MiB: heap and what it holds outside. */
export function liveHeapMb(): number {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void; // there by the flag
  collect();
  collect();
  const { heapUsed, external } = process.memoryUsage();
  return round((heapUsed + external) / 2 ** 20);
}

/** Percentile of numbers of nanoseconds, in milliseconds. */
export function percentileMs(nanoseconds: readonly number[], share: number): number {
  const sorted = Float64Array.from(nanoseconds).sort();
  return round(
    (sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? NaN) / 1e6,
  );
}

/** One line for the runner. */
export function print(line: object): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}
