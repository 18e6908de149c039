/** A version of PostgreSQL. Since version 10 the first number is the major version, across which data files differ. */
export interface PostgresVersion {
  /** The first number, such as 16. */
  readonly major: number;
  /** Undefined: whichever the image of the major version has. */
  readonly minor: number | undefined;
}

/** Reads `15` or `15.4`; undefined when it is neither. */
export function parseVersion(text: string): PostgresVersion | undefined {
  const match = /^(\d{1,3})(?:\.(\d{1,4}))?$/.exec(text);
  if (match === null) return undefined;
  const [, major, minor] = match;
  return { major: Number(major), minor: minor === undefined ? undefined : Number(minor) };
}

/** Whether a cluster may go from one version to another, and what to do instead when not. */
export type VersionChange =
  | { readonly type: 'allowed' }
  | {
      readonly type: 'refused';
      readonly reason: 'DowngradeRefused' | 'MajorSkipRefused' | 'MajorUpgradeRefused';
      readonly message: string;
    };

/**
 * Judges a change of version. Minor versions share their data files, so any step within a major version is possible;
 * down is refused all the same where both minor versions are known, because it brings fixed faults back.
 */
export function judgeVersionChange(from: string, to: string): VersionChange {
  const [old, wanted] = [parseVersion(from), parseVersion(to)];
  if (old === undefined || wanted === undefined) return { type: 'allowed' };
  if (wanted.major < old.major || isMinorStepDown(old, wanted)) {
    return refused('DowngradeRefused', from, to, 'a version never goes down', old);
  }
  if (wanted.major > old.major + 1) {
    const next = String(old.major + 1);
    return refused('MajorSkipRefused', from, to, `the next major version is ${next}`, old);
  }
  if (wanted.major > old.major) {
    return refused(
      'MajorUpgradeRefused',
      from,
      to,
      'the data files of major versions differ and are not converted in place',
      old,
    );
  }
  return { type: 'allowed' };
}

function isMinorStepDown(from: PostgresVersion, to: PostgresVersion): boolean {
  return (
    from.major === to.major &&
    from.minor !== undefined &&
    to.minor !== undefined &&
    to.minor < from.minor
  );
}

function refused(
  reason: Extract<VersionChange, { type: 'refused' }>['reason'],
  from: string,
  to: string,
  why: string,
  old: PostgresVersion,
): VersionChange {
  const wayOut =
    reason === 'DowngradeRefused'
      ? 'to go back, restore a backup into a new cluster of that version'
      : 'make a new cluster of that version with spec.restore, which fills it from a backup of this one';
  return {
    type: 'refused',
    reason,
    message: `version ${to} after ${from} is refused: ${why}. The database goes on with ${from}. Set spec.version to ${String(old.major)} again; ${wayOut}.`,
  };
}
