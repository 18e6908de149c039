import { Field } from '../../facts/index.ts';
import type { Category, Evidence, TemplateChange } from '../../model/index.ts';
import { command } from '../../rules/command.ts';
import { keepersOf, keeperText } from '../../desired-state/keepers.ts';
import { groupBy } from '../snapshot-index.ts';
import { isWell, type FailingMember, type Member, type Picture } from '../picture.ts';
import { revisionsOf, type Revision } from '../revisions.ts';
import { templateChanges } from '../template-changes.ts';
import { count, explain, refText, type Detector, type Explanation } from './incident.ts';

/** What no template can be blamed for. */
const notOfTemplates: ReadonlySet<Category> = new Set([
  'NodeLost',
  'NodeShutdown',
  'NodeRestart',
  'NodeOOM',
  'Disrupted',
  'Preempted',
  'Terminating',
  'EvictedMemory',
  'EvictedPids',
]);

/** A new pod that finds no place may just be one too many; the template is to blame when it asks for something else. */
const ofPlacement = 'Unschedulable';
const placementFields =
  /^spec\.(?:nodeSelector|affinity|tolerations|topologySpread|volumes|priorityClassName|containers\[[^\]]*\]\.resources|initContainers\[[^\]]*\]\.resources)/;

/** Mode 58: only pods of the newest revision fail, and older ones are well. One finding for the change. */
export const badRollouts: Detector = (open, picture) => {
  const failing = open.filter(
    ({ finding, workload }) =>
      finding.severity !== 'info' &&
      workload.revision !== undefined &&
      !notOfTemplates.has(finding.category),
  );
  const byWorkload = groupBy(failing, ({ workload }) => workload.key);
  return [...byWorkload.values()].flatMap((members) => rolloutOf(members, picture) ?? []);
};

function rolloutOf(members: readonly FailingMember[], picture: Picture): Explanation | undefined {
  const [first] = members;
  if (first === undefined) return undefined;
  const { workload } = first;
  const pods = picture.byWorkload.get(workload.key) ?? [];
  const { newest, previous, progressing } = revisionsOf(workload.ref, pods, picture.index);
  if (newest === undefined || members.some((member) => member.workload.revision !== newest.hash)) {
    return undefined;
  }
  const wellOld = pods.filter((pod) => pod.workload.revision !== newest.hash && isWell(pod));
  const wellNew = pods.filter((pod) => pod.workload.revision === newest.hash && isWell(pod));
  const oldServes = wellOld.length > 0 || (previous?.ready ?? 0) > 0;
  // With nothing left to compare, only the verdict of its controller makes it a rollout.
  const stalled = progressing?.at('status').text === 'False' && previous !== undefined;
  if (wellNew.length >= members.length || (!oldServes && (!stalled || wellNew.length > 0))) {
    return undefined;
  }
  const known = previous?.template !== undefined && newest.template !== undefined;
  const changes = known ? templateChanges(previous.template, newest.template) : [];
  if (members.every(({ finding }) => finding.category.startsWith(ofPlacement))) {
    if (!changes.some(({ path }) => placementFields.test(path))) return undefined;
  }
  return explain(members, {
    category: 'BadRollout',
    severity: oldServes ? 'warning' : 'critical',
    summary: summaryOf(
      members,
      newest,
      oldServes ? servingOld(wellOld, previous) : undefined,
      changes,
    ),
    confidence: oldServes
      ? {
          level: 'high',
          because: 'only pods of the newest revision fail, and an older one is ready',
        }
      : {
          level: 'medium',
          because: 'its controller gave the rollout up; no older pod is left to compare with',
        },
    cause: workload.ref,
    evidence: evidenceOf(newest, previous, progressing),
    holds: 'members',
    remediation: 'report-only',
    advice: adviceFor(first, changes, picture),
    changes,
  });
}

function servingOld(wellOld: readonly Member[], previous: Revision | undefined): number {
  return Math.max(wellOld.length, previous?.ready ?? 0);
}

function summaryOf(
  members: readonly FailingMember[],
  newest: Revision,
  serving: number | undefined,
  changes: readonly TemplateChange[],
): string {
  const [first] = members;
  const categories = [...new Set(members.map(({ finding }) => finding.category))].join(', ');
  const what = changes.length === 0 ? '' : ` It changed ${pathsOf(changes)}.`;
  const old =
    serving === undefined
      ? 'no pod of an older one is left'
      : `${count(serving, 'pod')} of an older one ${serving === 1 ? 'is' : 'are'} ready`;
  return `Revision ${newest.number ?? newest.hash} of ${first === undefined ? '' : refText(first.workload.ref)} fails (${categories} in ${count(members.length, 'pod')}), while ${old}.${what}`;
}

function pathsOf(changes: readonly TemplateChange[]): string {
  const [first, second, third, ...others] = changes.map(({ path }) => path);
  const named = [first, second, third].filter((path) => path !== undefined).join(', ');
  return others.length === 0 ? named : `${named} and ${count(others.length, 'more field')}`;
}

function adviceFor(
  { workload: { ref } }: FailingMember,
  changes: readonly TemplateChange[],
  { index }: Picture,
): string {
  const keepers = keepersOf(Field.root(index.find(ref.kind, ref.namespace, ref.name), () => ref));
  const keeper = keepers.find(({ keeps }) => keeps === 'all');
  const back = changes.slice(0, 3).map(({ path, before }) => `${path}: ${before ?? '(absent)'}`);
  if (keeper !== undefined) {
    const patch = back.length === 0 ? 'the template of before' : back.join('; ');
    return `${refText(ref)} is kept by ${keeperText(keeper)}, which undoes what is changed by hand: set it back there (${patch}).`;
  }
  const place = ref.namespace === undefined ? [] : ['-n', ref.namespace];
  const undo = command(
    'kubectl',
    'rollout',
    'undo',
    ...place,
    `${ref.kind.toLowerCase()}/${ref.name}`,
  );
  return `Repair the change, or go back: ${undo}. Deleting the pods does not help.`;
}

function evidenceOf(
  newest: Revision,
  previous: Revision | undefined,
  progressing: Field | undefined,
): readonly Evidence[] {
  return [
    ...newest.proof,
    ...(previous?.proof ?? []),
    ...(progressing?.at('status').text === 'False'
      ? [progressing.at('reason').evidence, progressing.at('message').evidence]
      : []),
  ];
}
