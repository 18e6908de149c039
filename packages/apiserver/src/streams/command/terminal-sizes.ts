import type { TerminalSize } from '../node-backend.ts';

/** A size takes some thirty bytes; what is longer is none. */
const MAX_PENDING_CHARACTERS = 4096;

function sizeOf(text: string): TerminalSize | undefined {
  try {
    const { Width: width, Height: height } = JSON.parse(text) as Record<string, unknown>;
    const isSize = (value: unknown): value is number =>
      typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 0xffff;
    return isSize(width) && isSize(height) ? { width, height } : undefined;
  } catch {
    return undefined;
  }
}

/** Reads terminal sizes, `{"Width":80,"Height":24}` one after the other, from a stream in whatever pieces. */
export class TerminalSizes {
  #pending = '';

  /** The sizes that are complete with this piece; anything else is passed over. */
  push(piece: Uint8Array): TerminalSize[] {
    this.#pending += Buffer.from(piece).toString('latin1');
    const sizes: TerminalSize[] = [];
    for (let end = this.#pending.indexOf('}'); end >= 0; end = this.#pending.indexOf('}')) {
      const size = sizeOf(this.#pending.slice(this.#pending.indexOf('{'), end + 1));
      if (size !== undefined) sizes.push(size);
      this.#pending = this.#pending.slice(end + 1);
    }
    if (this.#pending.length > MAX_PENDING_CHARACTERS) this.#pending = '';
    return sizes;
  }
}
