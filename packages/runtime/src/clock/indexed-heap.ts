/** A place in an {@link IndexedHeap}; the holder of an entry can move or remove it in O(log n). */
export interface HeapEntry<V> {
  /** Entries with the smallest order come first. */
  readonly order: number;
  readonly value: V;
}

interface Slot<V> extends HeapEntry<V> {
  order: number;
  /** Serial number; keeps entries of equal order in the order they came. */
  turn: number;
  /** Position in the heap, -1 when not in it. Invariant: `slots[slot.position] === slot`. */
  position: number;
}

/**
 * A binary min-heap whose entries can be moved and removed: insert, move, remove and take are O(log n).
 *
 * Guarantees: entries of equal order leave in the order in which they were inserted or last moved.
 */
export class IndexedHeap<V> {
  /** Invariant: no slot sorts before the slot at `(position - 1) >> 1`. */
  readonly #slots: Slot<V>[] = [];
  #turns = 0;

  get size(): number {
    return this.#slots.length;
  }

  /** The entry with the smallest order, which stays in the heap. */
  first(): HeapEntry<V> | undefined {
    return this.#slots[0];
  }

  insert(order: number, value: V): HeapEntry<V> {
    const slot: Slot<V> = { order, value, turn: this.#turns++, position: this.#slots.length };
    this.#slots.push(slot);
    this.#rise(slot);
    return slot;
  }

  /** Gives an entry another order; false when the entry has left the heap. */
  move(entry: HeapEntry<V>, order: number): boolean {
    const slot = this.#slotOf(entry);
    if (slot === undefined) return false;
    slot.order = order;
    slot.turn = this.#turns++;
    this.#rise(slot);
    this.#sink(slot);
    return true;
  }

  /** Takes an entry out; false when it had left the heap before. */
  remove(entry: HeapEntry<V>): boolean {
    const slot = this.#slotOf(entry);
    if (slot === undefined) return false;
    const position = slot.position;
    slot.position = -1;
    const last = this.#slots.pop();
    if (last !== undefined && last !== slot) {
      this.#place(last, position);
      this.#rise(last);
      this.#sink(last);
    }
    return true;
  }

  /** Takes out the entry with the smallest order. */
  take(): HeapEntry<V> | undefined {
    const first = this.#slots[0];
    if (first !== undefined) this.remove(first);
    return first;
  }

  clear(): void {
    for (const slot of this.#slots) slot.position = -1;
    this.#slots.length = 0;
  }

  #slotOf(entry: HeapEntry<V>): Slot<V> | undefined {
    // Only `insert` makes entries, and it makes slots; the position proves that it is one of ours.
    const slot = entry as Slot<V>;
    return this.#slots[slot.position] === slot ? slot : undefined;
  }

  #place(slot: Slot<V>, position: number): void {
    this.#slots[position] = slot;
    slot.position = position;
  }

  #rise(slot: Slot<V>): void {
    let position = slot.position;
    while (position > 0) {
      const parent = this.#slots[(position - 1) >> 1];
      if (parent === undefined || !sortsBefore(slot, parent)) break;
      this.#place(parent, position);
      position = (position - 1) >> 1;
    }
    this.#place(slot, position);
  }

  #sink(slot: Slot<V>): void {
    let position = slot.position;
    for (;;) {
      const left = this.#slots[2 * position + 1];
      if (left === undefined) break;
      const right = this.#slots[2 * position + 2];
      const child = right !== undefined && sortsBefore(right, left) ? right : left;
      if (!sortsBefore(child, slot)) break;
      const free = child.position;
      this.#place(child, position);
      position = free;
    }
    this.#place(slot, position);
  }
}

function sortsBefore(a: Slot<unknown>, b: Slot<unknown>): boolean {
  return a.order < b.order || (a.order === b.order && a.turn < b.turn);
}
