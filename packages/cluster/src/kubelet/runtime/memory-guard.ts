import type { Clock } from '../clock.ts';
import { heldBytes } from './held-memory.ts';
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
 * Enforces memory limits by looking at the memory of each container's process tree.
 *
 * Counted is what the kernel could not take back from a cgroup, each shared page once. Unlike there, a process may pass
 * the limit for up to one period before it is killed. Where the kernel does not tell what is shared (macOS), resident
 * memory counts, for each process that has it.
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
      // Resident memory is never less, and is at hand.
      const mostBytes = members.reduce((sum, info) => sum + info.residentBytes, 0);
      if (mostBytes <= processes.limitBytes) continue;
      if ((await heldBytes(members)) <= processes.limitBytes) continue;
      // Taken off the list meanwhile: its container has ended.
      if (this.#guarded.delete(processes)) processes.onExceeded();
    }
  }
}
