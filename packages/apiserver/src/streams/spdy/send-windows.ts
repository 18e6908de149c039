/** Bytes a peer takes on a stream, and on a connection, before it says more (SPDY Protocol Draft 3.1, 2.6.8). */
export const INITIAL_WINDOW_BYTES = 64 * 1024;
const MAX_WINDOW_BYTES = 2 ** 31 - 1;
/** The id under which the window of the whole connection goes. */
export const CONNECTION_WINDOW = 0;

/**
 * How many bytes may be sent on each stream and on the whole connection.
 *
 * The SPDY of Kubernetes knows no flow control: such peers never widen a window, and respecting one would stop every
 * stream after 64 KiB. So bytes are counted from the start, and the windows hold from the moment a peer shows that it
 * knows them, by a window update or by the setting for the initial window.
 */
export class SendWindows {
  readonly #windows = new Map<number, number>([[CONNECTION_WINDOW, INITIAL_WINDOW_BYTES]]);
  readonly #waiting = new Set<() => void>();
  #initial = INITIAL_WINDOW_BYTES;
  #isEnforced = false;

  /** A stream begins. */
  open(streamId: number): void {
    this.#windows.set(streamId, this.#initial);
  }

  /** A stream is over; who waits for it looks again. */
  close(streamId: number): void {
    this.#windows.delete(streamId);
    this.wake();
  }

  /** How many of `wanted` bytes may be sent now. */
  available(streamId: number, wanted: number): number {
    if (!this.#isEnforced) return wanted;
    const own = this.#windows.get(streamId) ?? 0;
    const shared = this.#windows.get(CONNECTION_WINDOW) ?? 0;
    return Math.max(0, Math.min(wanted, own, shared));
  }

  /** Bytes are sent. */
  spend(streamId: number, bytes: number): void {
    this.#add(streamId, -bytes);
    this.#add(CONNECTION_WINDOW, -bytes);
  }

  /** The peer takes more. False when the window would become larger than there are numbers for. */
  widen(streamId: number, delta: number): boolean {
    this.#isEnforced = true;
    const window = this.#windows.get(streamId);
    if (window !== undefined && window + delta > MAX_WINDOW_BYTES) return false;
    this.#add(streamId, delta);
    this.wake();
    return true;
  }

  /** The peer announces another initial window; open streams change by the difference. */
  setInitial(bytes: number): void {
    this.#isEnforced = true;
    const difference = bytes - this.#initial;
    this.#initial = bytes;
    for (const streamId of this.#windows.keys()) {
      if (streamId !== CONNECTION_WINDOW) this.#add(streamId, difference);
    }
    this.wake();
  }

  /** Resolves at the next change. */
  changed(): Promise<void> {
    return new Promise((resolve) => this.#waiting.add(resolve));
  }

  /** Lets everyone look again. */
  wake(): void {
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const resolve of waiting) resolve();
  }

  #add(streamId: number, bytes: number): void {
    const window = this.#windows.get(streamId);
    if (window !== undefined) this.#windows.set(streamId, window + bytes);
  }
}
