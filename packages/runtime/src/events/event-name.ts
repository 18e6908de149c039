import { createHash, randomBytes } from 'node:crypto';

/** Longest name of an Event: a DNS subdomain. */
const maxNameLength = 253;

/** A name that no other Event has: `<object>.<16 hex digits>`, as `kubectl` users know it. */
export function uniqueEventName(objectName: string): string {
  return nameWith(objectName, randomBytes(8).toString('hex'));
}

/** The name of an Event that is made once: the digits are a hash of what it says. Equal parts give equal names. */
export function deterministicEventName(objectName: string, parts: readonly string[]): string {
  // As JSON, so that ['a', 'bc'] and ['ab', 'c'] differ.
  const hash = createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 16);
  return nameWith(objectName, hash);
}

function nameWith(objectName: string, suffix: string): string {
  // Names of some kinds (a Role's, say) may hold characters that a DNS subdomain must not.
  const base = objectName
    .toLowerCase()
    .replaceAll(/[^a-z0-9.-]+/g, '-')
    .slice(0, maxNameLength - suffix.length - 1)
    .replaceAll(/[.-]*\.[.-]*/g, '.')
    .replace(/^[.-]+/, '')
    .replace(/[.-]+$/, '');
  return base === '' ? suffix : `${base}.${suffix}`;
}
