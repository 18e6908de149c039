/**
 * Whether a value says all that another one says: objects may have more members, lists must have the same elements. So what
 * a server filled in, and what others have set besides, is no difference.
 */
export function isContained(wanted: unknown, actual: unknown): boolean {
  if (Array.isArray(wanted)) {
    return (
      Array.isArray(actual) &&
      actual.length === wanted.length &&
      wanted.every((element, index) => isContained(element, actual[index]))
    );
  }
  if (typeof wanted !== 'object' || wanted === null) return wanted === actual;
  if (typeof actual !== 'object' || actual === null || Array.isArray(actual)) return false;
  // Safe: an object that is no list; a member that is missing is undefined.
  const members = actual as Readonly<Record<string, unknown>>;
  return Object.entries(wanted).every(
    ([name, member]) => member === undefined || isContained(member, members[name]),
  );
}
