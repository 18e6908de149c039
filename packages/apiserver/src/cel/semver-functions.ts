import { celFunc, celMethod, CelScalar, type CelFunc, type CelValue } from '@bufbuild/cel';
import { opaqueText, opaqueValue } from './opaque-value.ts';

const { BOOL, DYN, INT, STRING } = CelScalar;

const VERSION =
  /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(?:-([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?(?:\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?$/;

interface Version {
  readonly numbers: readonly [bigint, bigint, bigint];
  readonly prerelease: readonly string[];
}

function read(text: string): Version {
  const match = VERSION.exec(text);
  if (match === null) throw new Error(`No Major.Minor.Patch elements found`);
  const number = (index: number): bigint => BigInt(match[index] ?? '0');
  return {
    numbers: [number(1), number(2), number(3)],
    prerelease: match[4]?.split('.') ?? [],
  };
}

function versionOf(value: CelValue): Version {
  return read(opaqueText('semver', value));
}

function compareIdentifiers(left: string, right: string): number {
  const areNumbers = /^\d+$/.test(left) && /^\d+$/.test(right);
  if (areNumbers) return Number(BigInt(left) - BigInt(right));
  const [isLeftNumber, isRightNumber] = [/^\d+$/.test(left), /^\d+$/.test(right)];
  if (isLeftNumber !== isRightNumber) return isLeftNumber ? -1 : 1;
  return left < right ? -1 : left > right ? 1 : 0;
}

/** Compares two semantic versions by precedence (semver.org, 11). */
export function compareVersions(left: CelValue, right: CelValue): number {
  const one = versionOf(left);
  const other = versionOf(right);
  for (const index of [0, 1, 2] as const) {
    const difference = one.numbers[index] - other.numbers[index];
    if (difference !== 0n) return difference > 0n ? 1 : -1;
  }
  if (one.prerelease.length === 0 || other.prerelease.length === 0) {
    return other.prerelease.length - one.prerelease.length;
  }
  for (const [index, identifier] of one.prerelease.entries()) {
    const counterpart = other.prerelease[index];
    if (counterpart === undefined) return 1;
    const order = compareIdentifiers(identifier, counterpart);
    if (order !== 0) return order;
  }
  return one.prerelease.length - other.prerelease.length;
}

/** `semver()` and the parts of one. */
export function semverFunctions(): CelFunc[] {
  const part = (name: string, index: 0 | 1 | 2): CelFunc =>
    celMethod(name, DYN, [], INT, function () {
      return versionOf(this).numbers[index];
    });
  return [
    celFunc('semver', [STRING], DYN, (text) => {
      read(text);
      return opaqueValue('semver', text);
    }),
    celFunc('isSemver', [STRING], BOOL, (text) => VERSION.test(text)),
    part('major', 0),
    part('minor', 1),
    part('patch', 2),
  ];
}
