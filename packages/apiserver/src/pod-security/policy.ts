import { invalid, type FieldError } from '../field-error.ts';

/** How much a pod may do, from everything to little. */
export const LEVELS = ['privileged', 'baseline', 'restricted'] as const;
/** One of {@link LEVELS}. */
export type Level = (typeof LEVELS)[number];

/** A level as it was defined in a version. */
export interface LevelVersion {
  readonly level: Level;
  /** The x of `v1.x`; `Infinity` for `latest`. */
  readonly minor: number;
}

/** What a namespace holds its pods to. */
export interface Policy {
  /** Beyond it, pods are refused. */
  readonly enforce: LevelVersion;
  /** Beyond it, whoever makes a pod or a template of pods is warned. */
  readonly warn: LevelVersion;
}

const PREFIX = 'pod-security.kubernetes.io/';
const LATEST = Infinity;
const NO_LIMIT: LevelVersion = { level: 'privileged', minor: LATEST };
const LEVEL_RULE = `must be one of ${LEVELS.join(', ')}`;
const VERSION_RULE = 'must be "latest" or "v1.x"';

/** As in messages: `restricted:v1.24`. */
export function levelText({ level, minor }: LevelVersion): string {
  return `${level}:${minor === LATEST ? 'latest' : `v1.${minor}`}`;
}

/** How strict a level is; only to be compared. */
export function strictness({ level }: LevelVersion): number {
  return LEVELS.indexOf(level);
}

function parseLevel(text: string): Level | undefined {
  return LEVELS.find((level) => level === text);
}

function parseMinor(text: string): number | undefined {
  if (text === 'latest') return LATEST;
  const digits = /^v1\.(0|[1-9][0-9]*)$/.exec(text)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

/** What the labels of one mode say: the level and the version, undefined where they say nothing or nonsense. */
interface ModeLabels {
  readonly level: string | undefined;
  readonly version: string | undefined;
  readonly errors: readonly FieldError[];
}

function labelsOf(labels: Readonly<Record<string, string>>, mode: string): ModeLabels {
  const level = labels[PREFIX + mode];
  const version = labels[`${PREFIX}${mode}-version`];
  const errors: FieldError[] = [];
  if (level !== undefined && parseLevel(level) === undefined) {
    errors.push(invalid(`metadata.labels[${PREFIX}${mode}]`, level, LEVEL_RULE));
  }
  if (version !== undefined && parseMinor(version) === undefined) {
    errors.push(invalid(`metadata.labels[${PREFIX}${mode}-version]`, version, VERSION_RULE));
  }
  return { level, version, errors };
}

/** @param otherwise the level that nonsense stands for */
function levelVersion({ level, version }: ModeLabels, otherwise: Level): LevelVersion {
  return {
    level: level === undefined ? NO_LIMIT.level : (parseLevel(level) ?? otherwise),
    minor: version === undefined ? LATEST : (parseMinor(version) ?? LATEST),
  };
}

/**
 * Reads the labels of a namespace. Labels that cannot be read enforce the strictest level and warn of nothing.
 *
 * Whoever enforces a level is warned by it as well, unless another label says otherwise: so templates are told of, too.
 */
export function policyOf(labels: Readonly<Record<string, string>>): {
  readonly policy: Policy;
  readonly errors: readonly FieldError[];
} {
  const [enforced, audited, warned] = ['enforce', 'audit', 'warn'].map((mode) =>
    labelsOf(labels, mode),
  ) as [ModeLabels, ModeLabels, ModeLabels]; // as many as were asked for
  const enforce = levelVersion(enforced, 'restricted');
  const own = levelVersion(warned, 'privileged');
  const hasEnforceLevel = enforced.level !== undefined && parseLevel(enforced.level) !== undefined;
  const follows =
    warned.level === undefined && hasEnforceLevel && strictness(enforce) > strictness(own);
  const followed = warned.version === undefined ? enforce : { ...own, level: enforce.level };
  return {
    policy: { enforce, warn: follows ? followed : own },
    errors: [enforced, audited, warned].flatMap(({ errors }) => errors),
  };
}
