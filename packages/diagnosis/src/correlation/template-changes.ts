import { deepEqual, isJsonObject, redacted, redactText } from '@kubewright/apimachinery';
import type { TemplateChange } from '../model/index.ts';

/** Most differences that are told; a template that differs in more is another program. */
const maxChanges = 40;
/** Longest value that is repeated, in characters. */
const maxValueLength = 300;
const maxDepth = 12;

/** The field that names an item of a list, as server-side apply knows it. */
const itemKeys: ReadonlyMap<string, string> = new Map([
  ['containers', 'name'],
  ['initContainers', 'name'],
  ['volumes', 'name'],
  ['env', 'name'],
  ['volumeMounts', 'mountPath'],
  ['volumeDevices', 'devicePath'],
  ['ports', 'containerPort'],
  ['imagePullSecrets', 'name'],
  ['resourceClaims', 'name'],
  ['hostAliases', 'ip'],
  ['topologySpreadConstraints', 'topologyKey'],
]);

/** Set by controllers, another for each revision. */
const ownLabels: ReadonlySet<string> = new Set([
  'pod-template-hash',
  'controller-revision-hash',
  'pod-template-generation',
]);

const secretName =
  /pass|pwd|secret|token|credential|api_?key|access_?key|private_?key|dsn|auth|signature|salt/i;

/**
 * What differs between the pod templates of two revisions, in the order of the newer; list items are told apart by
 * their names: `spec.containers[app].image`.
 *
 * Guarantee: values of variables whose name speaks of a secret are left out, and so is what looks like one.
 */
export function templateChanges(before: unknown, after: unknown): readonly TemplateChange[] {
  const changes: TemplateChange[] = [];
  compare('', before, after, { changes, depth: 0, isSecret: false });
  return changes;
}

interface Comparison {
  readonly changes: TemplateChange[];
  readonly depth: number;
  /** Whether the values are the value of something that is secret. */
  readonly isSecret: boolean;
}

function compare(path: string, before: unknown, after: unknown, comparison: Comparison): void {
  const { changes, depth } = comparison;
  if (changes.length >= maxChanges) return;
  if (depth < maxDepth && isJsonObject(before) && isJsonObject(after)) {
    compareObjects(path, before, after, comparison);
    return;
  }
  const key = itemKeys.get(path.slice(path.lastIndexOf('.') + 1));
  if (key !== undefined && isNamedList(before, key) && isNamedList(after, key)) {
    compareObjects(path, byName(before, key), byName(after, key), comparison, true);
    return;
  }
  // Safe: both are parts of JSON objects, and comparing ends at what is not.
  if (deepEqual(before, after)) return;
  changes.push({
    path,
    ...(before === undefined ? {} : { before: shownValue(path, before, comparison) }),
    ...(after === undefined ? {} : { after: shownValue(path, after, comparison) }),
  });
}

function compareObjects(
  path: string,
  before: Readonly<Record<string, unknown>>,
  after: Readonly<Record<string, unknown>>,
  { changes, depth, isSecret }: Comparison,
  isList = false,
): void {
  const named = after['name'] ?? before['name'];
  const hides = isSecret || (typeof named === 'string' && secretName.test(named));
  for (const key of new Set([...Object.keys(after), ...Object.keys(before)])) {
    if (ownLabels.has(key)) continue;
    const below = isList ? `${path}[${key}]` : path === '' ? key : `${path}.${key}`;
    const secret = hides && key === 'value';
    compare(below, own(before, key), own(after, key), {
      changes,
      depth: depth + 1,
      isSecret: secret,
    });
  }
}

function own(object: Readonly<Record<string, unknown>>, key: string): unknown {
  return Object.hasOwn(object, key) ? object[key] : undefined;
}

function isNamedList(value: unknown, key: string): value is readonly Record<string, unknown>[] {
  if (value === undefined) return true;
  if (!Array.isArray(value)) return false;
  const names = value.map((item: unknown) => (isJsonObject(item) ? nameOf(item[key]) : undefined));
  return !names.includes(undefined) && new Set(names).size === names.length;
}

function byName(
  items: readonly Record<string, unknown>[] | undefined,
  key: string,
): Record<string, unknown> {
  return Object.fromEntries((items ?? []).map((item) => [nameOf(item[key]) ?? '', item]));
}

function nameOf(value: unknown): string | undefined {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined;
}

function shownValue(path: string, value: unknown, { isSecret }: Comparison): string {
  const json = JSON.stringify(isSecret ? redacted : withoutSecrets(value, 0));
  const safe = redactText(json);
  return safe.length <= maxValueLength ? safe : `${safe.slice(0, maxValueLength - 1)}…`;
}

/** A whole item that was added or removed may carry a secret in its `value`. */
function withoutSecrets(value: unknown, depth: number): unknown {
  if (depth > maxDepth) return '…';
  if (Array.isArray(value)) return value.map((item) => withoutSecrets(item, depth + 1));
  if (!isJsonObject(value)) return value;
  const name = value['name'];
  const hides = typeof name === 'string' && secretName.test(name);
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => [
      key,
      hides && key === 'value' ? redacted : withoutSecrets(each, depth + 1),
    ]),
  );
}
