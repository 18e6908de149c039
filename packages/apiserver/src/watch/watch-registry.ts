/** How an open watch is cut. */
export type WatchCut =
  /** The connection breaks: the reader sees an error in the middle of the stream. */
  | 'reset'
  /** The stream tells what happened until now and ends without an error, as when a server shuts down. */
  | 'end';

/** The watches that are open at this moment, so that the server can count and cut them. */
export class WatchRegistry {
  readonly #open = new Map<AbortController, (storageKey: string) => boolean>();

  /** How many watches are open. */
  get size(): number {
    return this.#open.size;
  }

  /** Enters a watch; the signal aborts with a {@link WatchCut} as its reason when it is cut. */
  enter(storageKey: string): Disposable & { readonly signal: AbortSignal } {
    const controller = new AbortController();
    this.#open.set(controller, (wanted) => wanted === storageKey);
    return {
      signal: controller.signal,
      [Symbol.dispose]: () => void this.#open.delete(controller),
    };
  }

  /** Cuts the open watches, of one collection or of all. Returns how many. */
  cut(how: WatchCut, storageKey?: string): number {
    let count = 0;
    for (const [controller, watches] of [...this.#open]) {
      if (storageKey !== undefined && !watches(storageKey)) continue;
      this.#open.delete(controller);
      controller.abort(how);
      count += 1;
    }
    return count;
  }
}
