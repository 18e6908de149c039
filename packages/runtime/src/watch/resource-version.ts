/**
 * Compares two resource versions of one kind: negative when `a` is older, 0 when equal, positive when newer.
 * Undefined when they cannot be ordered, because one is not a decimal number (some aggregated APIs do that).
 *
 * Source: since Kubernetes 1.35 resource versions of all built-in and custom resources are documented to be
 * decimal numbers that grow; they may exceed what a JavaScript number holds, so they are compared as text.
 */
export function compareResourceVersions(a: string, b: string): number | undefined {
  if (a === b) return 0;
  if (!isDecimal(a) || !isDecimal(b)) return undefined;
  if (a.length !== b.length) return a.length - b.length;
  return a < b ? -1 : 1;
}

/** True when `a` is certainly older than `b`; false when it is newer, equal, or they cannot be ordered. */
export function isOlder(a: string, b: string): boolean {
  const order = compareResourceVersions(a, b);
  return order !== undefined && order < 0;
}

/** True when `a` is certainly the same as `b` or newer; false when it is older, or they cannot be ordered. */
export function isAtLeast(a: string, b: string): boolean {
  const order = compareResourceVersions(a, b);
  return order !== undefined && order >= 0;
}

/** Digits without a leading zero, so that a longer text is a larger number; `0` stands for no version. */
function isDecimal(text: string): boolean {
  const length = text.length;
  if (length === 0 || (length > 1 && text.charCodeAt(0) === 48)) return false;
  for (let index = 0; index < length; index++) {
    const code = text.charCodeAt(index);
    if (code < 48 || code > 57) return false;
  }
  return true;
}
