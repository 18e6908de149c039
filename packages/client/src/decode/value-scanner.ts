/** A part of the bytes of a value, as offsets from its first byte: `start` is inside, `end` is not. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

// Not those of json-bytes.ts: the engine does not fold an imported constant into the loop below, which then takes 15 % longer.
const quote = 0x22;
const comma = 0x2c;
const openBracket = 0x5b;
const backslash = 0x5c;
const closeBracket = 0x5d;
const openBrace = 0x7b;
const closeBrace = 0x7d;

/** Where the scanner stands between two bytes. */
const outsideStrings = 0;
const inString = 1;
const inKey = 2;

/**
 * Finds, without parsing, where a JSON object ends, and where in it one member lies (such as `metadata.managedFields`).
 * The bytes may come in any number of pieces.
 *
 * **Assumptions:** the first byte is `{`. It does not judge the JSON: on malformed input it finds some end, and
 * whoever parses the bytes reports the mistake.
 */
export class ValueScanner {
  /** Names on the way to the member, as bytes. */
  readonly #path: readonly Uint8Array[];
  #mode = outsideStrings;
  /** Whether the last piece ended, within a string, after a backslash that escapes the next byte. */
  #isEscaped = false;
  #depth = 0;
  /** How many names of the path lead to the innermost open object on it. */
  #matched = 0;
  /** Whether the next string at the depth looked at is a name. */
  #expectsKey = false;
  /** Whether the name just read is on the path and its value has not begun. */
  #awaitsValue = false;
  /** Bytes of the current name that equal the one looked for; -1 after a difference. */
  #keyLength = -1;
  #keyStart = 0;
  /** Bytes of the value in earlier pieces. */
  #offset = 0;
  #isInside = false;
  #range: ByteRange | undefined;
  #isUnsure = false;

  /** @param path - Names of the members that lead to the one looked for; at least one, in ASCII without escapes. */
  constructor(path: readonly string[]) {
    this.#path = path.map((name) => Buffer.from(name));
  }

  /** The member looked for, from the quote of its name to the end of its value; undefined when there is none. */
  get range(): ByteRange | undefined {
    return this.#range;
  }

  /** Whether a name on the way was written with escapes, so that the member may have been overlooked. */
  get isUnsure(): boolean {
    return this.#isUnsure;
  }

  /** Prepares for another value. */
  reset(): void {
    this.#mode = outsideStrings;
    this.#isEscaped = false;
    this.#depth = 0;
    this.#matched = 0;
    this.#expectsKey = false;
    this.#awaitsValue = false;
    this.#offset = 0;
    this.#isInside = false;
    this.#range = undefined;
    this.#isUnsure = false;
  }

  /**
   * Reads on.
   *
   * @param untilFound - Stop also where the member ends.
   * @returns The index after the last byte of the value (or of the member), or -1 when it ends in a later piece.
   */
  scan(bytes: Uint8Array, from: number, to: number, untilFound = false): number {
    // An empty piece changes nothing, not even whether the next byte is escaped.
    if (from >= to) return -1;
    let depth = this.#depth;
    let index = from;
    if (this.#mode !== outsideStrings) {
      index = this.#skipString(bytes, from, to);
      if (index < 0) return this.#pause(depth, to - from);
    }
    // This loop sees every byte of every list outside its strings.
    for (; index < to; index++) {
      const byte = bytes[index];
      switch (byte) {
        case quote:
          if (this.#expectsKey && depth === this.#matched + 1) {
            this.#beginKey(this.#offset + index - from);
          } else {
            this.#mode = inString;
          }
          index = this.#skipString(bytes, index + 1, to);
          if (index < 0) return this.#pause(depth, to - from);
          index--;
          break;
        case openBrace:
        case openBracket:
          depth++;
          if (this.#awaitsValue || depth === 1) {
            if (this.#awaitsValue && byte === openBrace) this.#matched++;
            this.#awaitsValue = false;
            this.#expectsKey = byte === openBrace;
          }
          break;
        case comma:
          if (depth === this.#matched + 1) {
            if (this.#isInside) this.#endMember(this.#offset + index - from);
            this.#expectsKey = true;
            this.#awaitsValue = false;
          }
          break;
        case closeBrace:
        case closeBracket:
          if (depth === this.#matched + 1) {
            if (this.#isInside) this.#endMember(this.#offset + index - from);
            if (this.#matched > 0) this.#matched--;
            this.#expectsKey = false;
            this.#awaitsValue = false;
          }
          depth--;
          if (depth === 0) {
            this.#depth = 0;
            return index + 1;
          }
          break;
        default:
      }
      if (untilFound && this.#range !== undefined) return index;
    }
    return this.#pause(depth, to - from);
  }

  /** Remembers where a piece ended within the value. */
  #pause(depth: number, length: number): -1 {
    this.#depth = depth;
    this.#offset += length;
    return -1;
  }

  /** Reads on in a string. Returns the index after its closing quote, or -1 when that comes in a later piece. */
  #skipString(bytes: Uint8Array, from: number, to: number): number {
    let index = from;
    if (this.#mode === inKey) {
      for (; index < to; index++) {
        const byte = bytes[index];
        if (byte === quote) {
          this.#endKey();
          this.#mode = outsideStrings;
          return index + 1;
        }
        if (byte === backslash) {
          this.#isUnsure = true;
          this.#mode = inString;
          break;
        }
        this.#compareKey(byte);
      }
    }
    if (this.#isEscaped && index < to) {
      this.#isEscaped = false;
      index++;
    }
    for (; index < to; index++) {
      const byte = bytes[index];
      if (byte === quote) {
        this.#mode = outsideStrings;
        return index + 1;
      }
      // The next byte is a part of the string, whatever it is.
      if (byte === backslash) index++;
    }
    this.#isEscaped = index > to;
    return -1;
  }

  #beginKey(start: number): void {
    this.#mode = inKey;
    this.#expectsKey = false;
    this.#keyLength = 0;
    this.#keyStart = start;
  }

  #compareKey(byte: number | undefined): void {
    if (this.#keyLength < 0) return;
    this.#keyLength =
      this.#path[this.#matched]?.[this.#keyLength] === byte ? this.#keyLength + 1 : -1;
  }

  #endKey(): void {
    if (this.#keyLength !== this.#path[this.#matched]?.length) return;
    if (this.#matched === this.#path.length - 1) this.#isInside = true;
    else this.#awaitsValue = true;
  }

  #endMember(end: number): void {
    this.#isInside = false;
    // Of several members of one name, which is malformed in all but name, JSON.parse keeps the last: leave it to it.
    if (this.#range === undefined) this.#range = { start: this.#keyStart, end };
    else this.#isUnsure = true;
  }
}
