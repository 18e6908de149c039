import { isDeeperThan, redactText, type JsonValue } from '@kubewright/apimachinery';
import type { Evidence, ObjectRef } from '../model/index.ts';

/** What a condition rests on: the fields that it saw; false when it does not hold. */
export type Proof = readonly Field[] | false;

/** Longest text, in characters, that an {@link Evidence} repeats. */
export const maxEvidenceLength = 1000;

/** Texts are searched this far, in characters; no kubelet writes as much into one field. */
const maxSearched = 8192;
const maxDepth = 32;
const plainKey = /^[A-Za-z_$][\w$-]*$/;

/**
 * One field of an observed object, there or not: its value, whatever it is, and the path to it.
 *
 * Guarantee: reading never throws. Objects come from files and from clusters of any age, so a field may be missing,
 * null, or of another type than its schema says; each reader answers `undefined` then.
 */
export class Field {
  readonly value: unknown;
  readonly #parent: Field | undefined;
  readonly #key: string | number;
  readonly #object: (() => ObjectRef) | undefined;

  private constructor(
    value: unknown,
    parent: Field | undefined,
    key: string | number,
    object: (() => ObjectRef) | undefined,
  ) {
    this.value = value;
    this.#parent = parent;
    this.#key = key;
    this.#object = object;
  }

  /** A whole object, and how evidence names it. Without a name it is the subject of the diagnosis. */
  static root(value: unknown, object?: () => ObjectRef): Field {
    return new Field(value, undefined, '', object);
  }

  /** The field below, by names and positions. */
  at(key: string | number, ...below: readonly (string | number)[]): Field {
    let field = new Field(memberOf(this.value, key), this, key, this.#object);
    for (const next of below) {
      field = new Field(memberOf(field.value, next), field, next, this.#object);
    }
    return field;
  }

  /** The elements of an array; none when it is anything else. */
  get items(): readonly Field[] {
    if (!Array.isArray(this.value)) return [];
    return this.value.map((item: unknown, index) => new Field(item, this, index, this.#object));
  }

  /** The first element of an array that has this value in a member; a field that is not there when none has. */
  itemWhere(key: string, value: string | boolean): Field {
    if (!Array.isArray(this.value)) return this.at(0);
    const index = this.value.findIndex((item) => memberOf(item, key) === value);
    return this.at(index < 0 ? this.value.length : index);
  }

  /** The text below, by names and positions: `at(…).text`, without the fields on the way. */
  textAt(key: string | number, ...below: readonly (string | number)[]): string | undefined {
    let value = memberOf(this.value, key);
    for (const next of below) value = memberOf(value, next);
    return typeof value === 'string' ? value : undefined;
  }

  /** Whether something is in this member. */
  has(key: string): boolean {
    const value = memberOf(this.value, key);
    return value !== undefined && value !== null;
  }

  get isPresent(): boolean {
    return this.value !== undefined && this.value !== null;
  }

  /** The value when it is a string. */
  get text(): string | undefined {
    return typeof this.value === 'string' ? this.value : undefined;
  }

  /** The value when it is a number. */
  get number(): number | undefined {
    return typeof this.value === 'number' ? this.value : undefined;
  }

  /** The value when it is true or false. */
  get flag(): boolean | undefined {
    return typeof this.value === 'boolean' ? this.value : undefined;
  }

  /**
   * The value when it is a time, in milliseconds since 1970. The first moment of 1970 is how the kubelet writes a time
   * that it does not know, so it is none.
   */
  get timeMs(): number | undefined {
    if (typeof this.value !== 'string') return undefined;
    const ms = Date.parse(this.value);
    return ms > 0 ? ms : undefined;
  }

  /** Holds when the value is one of these. */
  is(...values: readonly (string | number | boolean)[]): Proof {
    return values.includes(this.value as string) && [this];
  }

  /** Holds when the value is a text in which the pattern is found. */
  matches(pattern: RegExp): Proof {
    return typeof this.value === 'string' && pattern.test(this.value.slice(0, maxSearched))
      ? [this]
      : false;
  }

  /** Holds when something is there. */
  isThere(): Proof {
    return this.isPresent && [this];
  }

  /** Holds when nothing is there; the absence is what was seen. */
  isMissing(): Proof {
    return !this.isPresent && [this];
  }

  /** Path from the object: `status.containerStatuses[0].lastState`. */
  get path(): string {
    if (this.#parent === undefined) return '';
    const before = this.#parent.path;
    if (typeof this.#key === 'number') return `${before}[${this.#key}]`;
    if (!plainKey.test(this.#key)) return `${before}[${JSON.stringify(this.#key)}]`;
    return before === '' ? this.#key : `${before}.${this.#key}`;
  }

  /** One text for the same place in the same object, however it was reached. */
  get place(): string {
    if (this.#object === undefined) return this.path;
    const { kind, namespace = '', name } = this.#object();
    return `${kind}/${namespace}/${name} ${this.path}`;
  }

  /** What was seen here, to be shown. */
  get evidence(): Evidence {
    return {
      ...(this.#object === undefined ? {} : { object: this.#object() }),
      path: this.path,
      value: shown(this.value),
    };
  }
}

/** A value as an {@link Evidence} repeats it: secrets are hidden, long texts are cut and end in `…`, what is not there is null. */
export function shown(value: unknown): JsonValue {
  if (value === undefined || value === null) return null;
  if (typeof value === 'string') return cut(value);
  if (typeof value !== 'object') return value as JsonValue; // a number or a boolean: observations are JSON
  if (isDeeperThan(value, maxDepth)) return '…';
  const json = JSON.stringify(value);
  return json.length <= maxEvidenceLength && redactText(json) === json
    ? (value as JsonValue)
    : cut(json);
}

/** The first of the fields in which the pattern is found, as a proof. */
export function firstMatch(fields: readonly Field[], pattern: RegExp): Proof {
  for (const field of fields) {
    const proof = field.matches(pattern);
    if (proof !== false) return proof;
  }
  return false;
}

/** Holds when all hold; the proof is that of all. */
export function all(...proofs: readonly Proof[]): Proof {
  const fields: Field[] = [];
  for (const proof of proofs) {
    if (proof === false) return false;
    fields.push(...proof);
  }
  return fields;
}

/** Holds when one holds; the proof is that of the first. */
export function any(...proofs: readonly Proof[]): Proof {
  return proofs.find((proof) => proof !== false) ?? false;
}

/** A field that is not there, below an array: whoever names it names a path that leads nowhere. */
export function pastTheEnd(list: Field): Field {
  return list.at(list.items.length);
}

function memberOf(value: unknown, key: string | number): unknown {
  if (typeof value !== 'object' || value === null) return undefined;
  const member = (value as Record<string | number, unknown>)[key];
  // What is inherited (`constructor`) is no member of a JSON object; to ask `Object.hasOwn` each time takes twice as long.
  return typeof member === 'function' || key === '__proto__' ? undefined : member;
}

function cut(text: string): string {
  // Programs leave messages, and people write commands, with passwords in them.
  const safe = redactText(text.slice(0, maxSearched));
  return safe.length <= maxEvidenceLength ? safe : `${safe.slice(0, maxEvidenceLength - 1)}…`;
}
