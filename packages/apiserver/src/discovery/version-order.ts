interface ParsedVersion {
  readonly major: number;
  /** 2 for a stable version, 1 for beta, 0 for alpha. */
  readonly stability: number;
  readonly minor: number;
}

function parseVersion(version: string): ParsedVersion | undefined {
  const match = /^v([1-9][0-9]*)(?:(alpha|beta)([1-9][0-9]*))?$/.exec(version);
  if (match === null) return undefined;
  const [, major, channel, minor] = match;
  return {
    major: Number(major),
    stability: channel === undefined ? 2 : channel === 'beta' ? 1 : 0,
    minor: Number(minor ?? 0),
  };
}

/**
 * Orders API versions with the preferred one first: stable before beta before alpha, then higher numbers first; names
 * that are no versions come last, by name. For `Array.sort`.
 */
export function compareVersionPriority(left: string, right: string): number {
  const one = parseVersion(left);
  const other = parseVersion(right);
  if (one === undefined || other === undefined) {
    if (one !== undefined) return -1;
    if (other !== undefined) return 1;
    return left < right ? -1 : left > right ? 1 : 0;
  }
  return other.stability - one.stability || other.major - one.major || other.minor - one.minor;
}
