import type { Clock } from '../clock.ts';
import { listProcesses, processesOf } from './process-tree.ts';

/** A container whose memory is limited. */
export interface GuardedProcesses {
  /** Leaders of its process groups. */
  readonly leaders: () => readonly number[];
  readonly limitBytes: number;
  /** Called once when the limit was passed. */
  readonly onExceeded: () => void;
}

/**
 * Enforces memory limits by looking at the resident memory of each container's process tree.
 *
 * Caveats: a process may pass the limit for up to one period before it is killed, and memory that
 * processes share is counted for each of them, both unlike the kernel's accounting by cgroup.
 */
export class MemoryGuard {
  readonly #clock: Clock;
  readonly #periodMs: number;
  readonly #guarded = new Set<GuardedProcesses>();
  /** The loop that looks; runs only while something is guarded. */
  #loop: Promise<void> | undefined;
  #stop = new AbortController();

  constructor(clock: Clock, periodMs: number) {
    this.#clock = clock;
    this.#periodMs = periodMs;
  }

  /** Guards a container until the returned function is called. */
  add(processes: GuardedProcesses): () => void {
    this.#guarded.add(processes);
    this.#loop ??= this.#run();
    return () => this.#guarded.delete(processes);
  }

  /** Stops looking; may be repeated. */
  async stop(): Promise<void> {
    this.#guarded.clear();
    this.#stop.abort();
    await this.#loop;
  }

  async #run(): Promise<void> {
    try {
      while (this.#guarded.size > 0) {
        await this.#clock.after(this.#periodMs, this.#stop.signal);
        await this.#look();
      }
    } catch (error) {
      if (!this.#stop.signal.aborted) throw error;
    } finally {
      this.#loop = undefined;
      this.#stop = new AbortController();
    }
  }

  async #look(): Promise<void> {
    // A look that fails (`ps` could not be started) is made good by the next one.
    const all = await listProcesses().catch(() => []);
    for (const processes of [...this.#guarded]) {
      const members = processesOf(all, processes.leaders());
      const bytes = members.reduce((sum, info) => sum + info.residentBytes, 0);
      if (bytes <= processes.limitBytes) continue;
      this.#guarded.delete(processes);
      processes.onExceeded();
    }
  }
}
