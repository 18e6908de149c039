const ellipsis = '…';
const encoder = new TextEncoder();

/**
 * The text, cut to at most so many bytes of UTF-8; never within a character, nor between a character and the marks that combine with it.
 * What was cut shows as `…`.
 *
 * @param maxBytes - At least 3, the length of `…`.
 */
export function truncateBytes(text: string, maxBytes: number): string {
  // A lone surrogate cannot be sent: encoders write it as U+FFFD, which has another length.
  const wellFormed = text.toWellFormed();
  // A UTF-16 unit takes three bytes at most: the common short text needs no counting.
  if (wellFormed.length * 3 <= maxBytes) return wellFormed;
  if (Buffer.byteLength(wellFormed) <= maxBytes) return wellFormed;
  const budget = maxBytes - Buffer.byteLength(ellipsis);
  const { read } = encoder.encodeInto(wellFormed, new Uint8Array(budget));
  return `${wellFormed.slice(0, startOfGrapheme(wellFormed, read))}${ellipsis}`;
}

const graphemes = new Intl.Segmenter('und', { granularity: 'grapheme' });

/** Longest look back for the start of a grapheme, in UTF-16 units; hostile text can make one of any length. */
const maxLookBack = 64;

function startOfGrapheme(text: string, index: number): number {
  const from = Math.max(0, index - maxLookBack);
  const piece = graphemes.segment(text.slice(from, index + maxLookBack)).containing(index - from);
  return piece === undefined || piece.index === 0 ? index : from + piece.index;
}
