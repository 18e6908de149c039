import { readFile } from 'node:fs/promises';

/**
 * Hundredths of a second since the machine started: the clock that agent and entry program share, across containers.
 *
 * @throws Error where there is no /proc: the agent runs on Linux only.
 */
export async function uptimeHundredths(): Promise<number> {
  const [text = ''] = (await readFile('/proc/uptime', 'utf8')).split(' ');
  return Math.round(Number(text) * 100);
}
