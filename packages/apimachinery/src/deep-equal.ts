/**
 * Whether two values say the same as JSON: the order of members does not matter, and a member that is `undefined` is no member.
 * Numbers compare by value. Walks without recursion, so that depth is limited by memory alone.
 */
export function deepEqual(left: unknown, right: unknown): boolean {
  const pending: [unknown, unknown][] = [[left, right]];
  for (let pair = pending.pop(); pair !== undefined; pair = pending.pop()) {
    const [one, other] = pair;
    if (one === other) continue;
    if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null) {
      return false;
    }
    if (Array.isArray(one) || Array.isArray(other)) {
      if (!Array.isArray(one) || !Array.isArray(other) || one.length !== other.length) return false;
      for (let index = 0; index < one.length; index++) pending.push([one[index], other[index]]);
      continue;
    }
    // Safe: both are objects and no arrays; only own enumerable members are read.
    const first = one as Record<string, unknown>;
    const second = other as Record<string, unknown>;
    let members = 0;
    for (const key of Object.keys(first)) {
      if (first[key] === undefined) continue;
      members += 1;
      if (!Object.hasOwn(second, key)) return false;
      pending.push([first[key], second[key]]);
    }
    for (const key of Object.keys(second)) if (second[key] !== undefined) members -= 1;
    if (members !== 0) return false;
  }
  return true;
}
