// No vowels and no look-alikes: a suffix never spells a word and is read without doubt.
const alphabet = 'bcdfghjklmnpqrstvwxz2456789';
const suffixLength = 5;
const maxGeneratedLength = 63;

/**
 * A name from `metadata.generateName`: the base, cut so that the whole has at most 63 characters, and five random ones.
 *
 * @param random - Gives numbers from 0 (inclusive) to 1. Default `Math.random`: the suffix avoids collisions, it is no secret.
 */
export function generateName(base: string, random: () => number = Math.random): string {
  let suffix = '';
  for (let count = 0; count < suffixLength; count++) {
    suffix += alphabet.charAt(Math.floor(random() * alphabet.length));
  }
  return base.slice(0, maxGeneratedLength - suffixLength) + suffix;
}
