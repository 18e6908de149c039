import fc from 'fast-check';

/** Bytes cut at the given places, as a body that arrives piece by piece. */
export async function* bodyOf(
  bytes: Uint8Array,
  cuts: readonly number[] = [],
): AsyncGenerator<Uint8Array, void> {
  let start = 0;
  for (const cut of [...cuts].sort((a, b) => a - b)) {
    const end = Math.min(cut, bytes.byteLength);
    yield bytes.subarray(start, end);
    start = end;
  }
  yield bytes.subarray(start);
}

/** Places to cut a body of about this many bytes. */
export const cutsUpTo = (length: number): fc.Arbitrary<number[]> =>
  fc.oneof(
    fc.array(fc.nat(length), { maxLength: 12 }),
    // Every byte on its own: the hardest case for anything that carries state over.
    fc.constant(Array.from({ length }, (_, index) => index)),
  );

/** Text that is likely to confuse whoever looks for JSON by its characters. */
export const trickyText: fc.Arbitrary<string> = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 12 }),
  fc.constantFrom(
    'managedFields',
    '"managedFields":[',
    ',"managedFields":[{}]',
    'metadata',
    'items',
    '],"metadata":{"managedFields":1}',
    '\\',
    '\\"',
    'é€😀',
    '\u2028\n\t',
    '{',
    '}]',
  ),
);

/**
 * Names of members. Without backslashes: JSON.parse of V8 13 confuses a name that is one with a name written as an
 * escape, when it has seen an object with the former before.
 */
export const trickyName: fc.Arbitrary<string> = trickyText.filter((text) => !text.includes('\\'));

/** Any JSON value, with member names that also occur in Kubernetes objects. */
export const json: fc.Arbitrary<unknown> = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom(null, true, false, 0, -1.5, 1e21),
    trickyText,
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(trickyName, tie('value'), { maxKeys: 4 }),
  ),
})).value;
