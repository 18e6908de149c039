import { any, type Field, type ObservedEvent, type PodFacts, type Proof } from '../facts/index.ts';
import {
  decisiveRefusal,
  parseSchedulerMessage,
  type Refusal,
  type RefusalKind,
  type SchedulerMessage,
} from '../messages/scheduler-message.ts';
import type { ObjectRef } from '../model/index.ts';
import { command } from './command.ts';
import { unboundClaims } from './claims.ts';
import { high, low, medium, type Conclusion, type Conditions, type PodRule } from './rule.ts';

const secondMs = 1000;
/** A scheduler that runs answers within a second; a busy one within some. */
const patienceMs = 10 * secondMs;
/** The default scheduler is there in almost every cluster, so it gets more time. */
const defaultPatienceMs = 60 * secondMs;
/** An autoscaler that has asked for a node needs some minutes. */
const scaleUpMs = 10 * 60 * secondMs;

const unplaced: Conditions<PodFacts> = {
  'it has no node yet': (pod) => pod.nodeName.isMissing(),
};

/** Modes 38 to 42: no node has been found for the pod. */
export const schedulingRules: readonly PodRule[] = [
  {
    name: 'scheduling-gated',
    category: 'SchedulingGated',
    mode: 42,
    when: {
      'its scheduling gates are closed': (pod) =>
        any(
          pod.condition('PodScheduled').at('reason').is('SchedulingGated'),
          pod.nodeName.isMissing() !== false &&
            pod.view.at('spec', 'schedulingGates', 0, 'name').isThere(),
        ),
    },
    shows: (pod) => [pod.view.at('spec', 'schedulingGates')],
    concludes: (pod) => ({
      summary: `The scheduler must not look at it before its gates are opened: ${gatesOf(pod)}.`,
      confidence: high('the pod names the gates'),
      severity: 'warning',
      remediation: 'none',
      advice:
        'Ask the controller that opens the gate (a queue, such as Kueue). It waits on purpose, for a quota or for its turn.',
    }),
  },
  refusedFor('volume', 'UnschedulableVolume', 41, (pod, refusal) => ({
    summary: `No node can be given to it because of its volumes: ${refusal.text}.`,
    confidence: high('the scheduler says so'),
    remediation: 'report-only',
    advice: adviceForVolume(refusal.text),
    nextQuestion: `What do its claims say? ${command('kubectl', 'describe', 'pvc', ...placeOf(pod), ...claimNames(pod))}`,
    ...causeOf(claimIn(pod, refusal.text) ?? soleUnboundClaim(pod)),
  })),
  refusedFor('claim', 'ResourceClaimPending', 42, (pod, refusal) => ({
    summary: `Its resource claims cannot be met: ${refusal.text}.`,
    confidence: high('the scheduler says so'),
    remediation: 'report-only',
    advice:
      'Look at the ResourceClaim and its device class: no device matches, or all are taken. Is the driver running on a node?',
    nextQuestion: `What do the claims ask for? ${command('kubectl', 'describe', 'resourceclaims', ...placeOf(pod))}`,
  })),
  refusedFor('cordon', 'UnschedulableTaint', 40, (_pod, refusal) => ({
    summary: `${countOf(refusal)} cordoned and take no new pods for now.`,
    confidence: high('the scheduler says so'),
    remediation: 'none',
    advice:
      'Somebody works on the node: it is to be uncordoned afterwards. Add a node if the work takes long.',
    nextQuestion: 'Which nodes are cordoned? `kubectl get nodes`',
  })),
  refusedFor('taint', 'UnschedulableTaint', 40, taintConclusion),
  refusedFor('resources', 'UnschedulableResources', 38, roomConclusion),
  refusedFor('no-nodes', 'UnschedulableResources', 38, () => ({
    summary: 'There is no node to run it on.',
    confidence: high('the scheduler says so'),
    remediation: 'report-only',
    advice: 'Look at why the nodes are gone, or why the node pool is scaled to nothing.',
    nextQuestion: 'Which nodes are there? `kubectl get nodes`',
  })),
  refusedFor('placement', 'UnschedulablePlacement', 39, (pod, refusal) => ({
    summary: `It may not run on any node that there is: ${refusal.text}${totalOf(pod)}.`,
    confidence: high('the scheduler says so'),
    remediation: 'report-only',
    advice: adviceForPlacement(refusal.text),
    nextQuestion: 'Which labels have the nodes? `kubectl get nodes --show-labels`',
  })),
  refusedFor('gang', 'SchedulingGated', 42, (_pod, refusal) => ({
    summary: `Its scheduler starts it only together with the rest of its group: ${refusal.text}.`,
    confidence: high('the scheduler says so'),
    severity: 'warning',
    remediation: 'none',
    advice: 'Look at the other pods of the group: one that finds no place holds all of them.',
  })),
  refusedFor('other', 'UnschedulablePlacement', 39, (_pod, refusal) => ({
    summary: `The scheduler finds no node for it, in words of its own: ${refusal.text}.`,
    confidence: low('the words are none of those that schedulers are known to use'),
    remediation: 'report-only',
    advice: 'Read the message of the scheduler in full.',
  })),
  ...silentRules(),
];

/** A rule for pods whose scheduler says why it has no node. */
function refusedFor(
  kind: RefusalKind,
  category: PodRule['category'],
  mode: number,
  conclude: (pod: PodFacts, refusal: Refusal) => Conclusion,
): PodRule {
  const names: Readonly<Record<RefusalKind, string>> = {
    resources: 'no node has as much as it asks for',
    placement: 'no node is one where it may run',
    taint: 'the nodes have taints that it does not tolerate',
    cordon: 'the nodes are cordoned',
    volume: 'its volumes keep it from every node',
    claim: 'its resource claims cannot be met',
    gang: 'the rest of its group is missing',
    'no-nodes': 'there are no nodes',
    other: 'it has a reason that we do not know',
  };
  return {
    name: `unschedulable-for-${kind}`,
    category,
    mode,
    when: {
      [`the scheduler says that ${names[kind]}`]: (pod) => {
        const verdict = verdictOf(pod);
        return verdict?.refusal.kind === kind && verdict.said;
      },
    },
    concludes: (pod) => {
      const verdict = verdictOf(pod);
      // The rule holds, so there is one.
      const refusal = verdict?.refusal ?? { kind, text: '' };
      const since = pod.condition('PodScheduled').at('lastTransitionTime').timeMs;
      return { ...conclude(pod, refusal), sinceMs: since ?? createdMs(pod) };
    },
  };
}

/** Rules for pods to which nobody says anything: what they wait for must be told from what they ask for. */
function silentRules(): readonly PodRule[] {
  return [
    {
      name: 'resource-claim-unseen',
      category: 'ResourceClaimPending',
      mode: 42,
      when: {
        ...unplaced,
        'no scheduler has said a word about it for a while': (pod) => silentFor(pod, patienceMs),
        'it asks for resource claims': (pod) => pod.view.at('spec', 'resourceClaims', 0).isThere(),
      },
      concludes: (pod) => ({
        summary: `The scheduler does not even try it: a ResourceClaim that it names is not there yet (${claimsAskedFor(pod)}).`,
        confidence: medium(
          'without claims a scheduler says why; it leaves alone what names a claim that does not exist',
        ),
        remediation: 'report-only',
        advice:
          'Make the ResourceClaim, or correct its name; for a template look at the Events of the resource claim controller.',
        nextQuestion: `Which claims are there? ${command('kubectl', 'get', 'resourceclaims', ...placeOf(pod))}`,
        wouldChange: 'A scheduler that is down would leave other new pods without an answer too.',
        sinceMs: createdMs(pod),
      }),
    },
    {
      name: 'volume-not-provisioned',
      category: 'UnschedulableVolume',
      mode: 41,
      when: {
        ...unplaced,
        'no scheduler has said a word about it for a while': (pod) => silentFor(pod, patienceMs),
        'a volume for one of its claims is not made': (pod) =>
          any(
            ...unboundClaims(pod).map(({ proof }) => proof),
            pod.view.at('status', 'nominatedNodeName').isThere() !== false && claimField(pod),
          ),
      },
      shows: (pod) => [pod.view.at('status', 'nominatedNodeName')],
      concludes: (pod) => ({
        summary: `A node is picked, but the volume for its claim is not made${claimSaid(pod)}.`,
        confidence: medium(
          'the scheduler waits silently for a volume; the claim is still without one',
        ),
        remediation: 'report-only',
        advice:
          'Look at the provisioner of the storage class: it does not run, is not registered, or fails.',
        nextQuestion: `What does the claim say? ${command('kubectl', 'describe', 'pvc', ...placeOf(pod), ...claimNames(pod))}`,
        sinceMs: createdMs(pod),
        ...causeOf(soleUnboundClaim(pod)),
      }),
    },
    {
      name: 'scheduler-missing',
      category: 'SchedulerMissing',
      mode: 39,
      when: {
        ...unplaced,
        'no scheduler has said a word about it for a while': (pod) =>
          silentFor(pod, isDefaultScheduler(pod) ? defaultPatienceMs : patienceMs),
      },
      shows: (pod) => [pod.view.at('spec', 'schedulerName')],
      concludes: (pod) => {
        const name = pod.view.at('spec', 'schedulerName').text ?? 'default-scheduler';
        return {
          summary: `No scheduler named ${name} looks at it.`,
          confidence: isDefaultScheduler(pod)
            ? low('the default scheduler is almost always there; it may be busy')
            : medium('its scheduler has a name of its own, and nobody has answered'),
          remediation: 'report-only',
          advice:
            'Correct spec.schedulerName, or start that scheduler. A pod keeps the name that it was made with.',
          nextQuestion: `Does it run? ${command('kubectl', 'get', 'leases', '-A')}`,
          wouldChange: 'An Event or a condition of that scheduler about this pod.',
          sinceMs: createdMs(pod),
        };
      },
    },
  ];
}

interface SchedulerVerdict {
  readonly message: SchedulerMessage;
  readonly refusal: Refusal;
  readonly said: readonly Field[];
}

/** What the scheduler says: in the condition, else in its newest Event. Undefined when the pod has a node. */
function verdictOf(pod: PodFacts): SchedulerVerdict | undefined {
  if (pod.nodeName.isPresent) return undefined;
  const condition = pod.condition('PodScheduled');
  if (condition.at('status').text === 'True') return undefined;
  const messages = [
    condition.at('message'),
    ...eventsOfScheduler(pod, 'FailedScheduling').map(({ message }) => message),
  ];
  for (const said of messages) {
    const message = parseSchedulerMessage(said.text ?? '');
    const refusal = decisiveRefusal(message);
    if (refusal !== undefined) {
      const reason = condition.at('reason');
      return { message, refusal, said: reason.isPresent ? [reason, said] : [said] };
    }
  }
  return undefined;
}

function eventsOfScheduler(pod: PodFacts, ...reasons: readonly string[]): readonly ObservedEvent[] {
  return pod.events.filter(({ reason }) => reasons.includes(reason.text ?? ''));
}

function silentFor(pod: PodFacts, ms: number): Proof {
  const created = pod.view.at('metadata', 'creationTimestamp');
  const since = created.timeMs;
  if (since === undefined || pod.nowMs - since < ms) return false;
  if (pod.phase.is('Pending') === false) return false;
  if (eventsOfScheduler(pod, 'FailedScheduling', 'Scheduled').length > 0) return false;
  const scheduled = pod.condition('PodScheduled').isMissing();
  return scheduled !== false && [...scheduled, created];
}

function isDefaultScheduler(pod: PodFacts): boolean {
  const name = pod.view.at('spec', 'schedulerName').text;
  return name === undefined || name === 'default-scheduler';
}

function createdMs(pod: PodFacts): number | undefined {
  return pod.view.at('metadata', 'creationTimestamp').timeMs;
}

function taintConclusion(pod: PodFacts, refusal: Refusal): Conclusion {
  const taint = taintFor(pod, refusal);
  const fault = taint !== undefined && isNodeFault(taint.key);
  const passing = fault || taint?.effect === 'NoExecute';
  const named = taint === undefined ? '' : ` (${taint.key})`;
  return {
    summary: fault
      ? `The nodes where it could run are at fault: ${taint.key}.`
      : `${countOf(refusal)} tainted, and it does not tolerate that${named}.`,
    confidence: high('the scheduler says so'),
    remediation: passing ? 'none' : 'report-only',
    advice: fault
      ? 'Repair the node, or add one. A toleration would only send the pod to a node that is at fault.'
      : passing
        ? 'Somebody cleared the node with this taint and takes it away again, or the pod belongs on other nodes.'
        : 'Give it the toleration if it belongs on those nodes, or add nodes without the taint.',
    nextQuestion:
      'Which taints have the nodes? `kubectl get nodes -o custom-columns=NAME:.metadata.name,TAINTS:.spec.taints`',
    cause: fault ? taint.node : undefined,
  };
}

/** Taints that stand for a condition of the node; the cluster sets them. */
function isNodeFault(key: string): boolean {
  return (
    /^node\.kubernetes\.io\/(?:not-ready|unreachable|(?:disk|memory|pid)-pressure|network-unavailable|out-of-service|out-of-disk)$/.test(
      key,
    ) || /^node\.cloudprovider\.kubernetes\.io\/(?:uninitialized|shutdown)$/.test(key)
  );
}

interface SeenTaint {
  readonly key: string;
  readonly effect?: string | undefined;
  readonly node?: ObjectRef;
}

/** The taint that is meant. Newer schedulers do not name it; the nodes do, where they were seen. */
function taintFor(pod: PodFacts, { taintKey }: Refusal): SeenTaint | undefined {
  const seen = pod.related.ofKind('Node').flatMap((node) =>
    node.at('spec', 'taints').items.map((taint) => ({
      key: taint.at('key').text ?? '',
      effect: taint.at('effect').text,
      node: { kind: 'Node', name: node.at('metadata', 'name').text ?? '' },
    })),
  );
  if (taintKey !== undefined) return seen.find(({ key }) => key === taintKey) ?? { key: taintKey };
  return (
    seen.find(({ key }) => isNodeFault(key)) ??
    seen.find(({ key }) => !key.startsWith('node-role.'))
  );
}

function roomConclusion(pod: PodFacts, refusal: Refusal): Conclusion {
  const scaling = scaleUp(pod);
  const what = refusal.resource ?? 'room';
  const device = what.includes('/');
  return {
    summary: `No node has enough ${what} free for it${totalOf(pod)}${
      scaling === undefined ? '' : '; a node is on its way'
    }.`,
    confidence: high('the scheduler says so'),
    ...(scaling === undefined ? {} : { severity: 'warning' as const }),
    remediation: scaling === undefined ? 'report-only' : 'none',
    advice:
      scaling !== undefined
        ? 'Wait for the new node. If it does not come, look at the autoscaler.'
        : what === 'pods'
          ? 'The nodes run as many pods as they may: add nodes, or raise maxPods.'
          : device
            ? `Look at whether a node offers ${what} at all (device plugin, driver), and who uses it.`
            : 'Add nodes, ask for less, or free room. Compare the request with the largest node: more than that never fits.',
    nextQuestion: 'What is left on the nodes? `kubectl describe nodes`',
  };
}

function scaleUp(pod: PodFacts): ObservedEvent | undefined {
  return eventsOfScheduler(pod, 'TriggeredScaleUp', 'Nominated').find(
    ({ lastMs }) => lastMs !== undefined && pod.nowMs - lastMs < scaleUpMs,
  );
}

function adviceForVolume(text: string): string {
  if (/not found/i.test(text)) return 'Make the claim, or correct its name in the pod.';
  if (/readwriteoncepod|already in-use/i.test(text)) {
    return 'One pod at a time may use the claim: find the other, or let it end.';
  }
  if (/max volume count/i.test(text)) {
    return 'The nodes have as many volumes attached as they may: add nodes, or spread such pods.';
  }
  if (/node affinity|zone/i.test(text)) {
    return 'The volume lives on one node or in one zone: the pod must be allowed there, and there must be room there.';
  }
  return 'Look at the claim: its storage class may not exist, or its provisioner may fail or not run.';
}

function adviceForPlacement(text: string): string {
  if (/topology spread/i.test(text)) {
    return 'The spread allows no further pod in the domains that have room: add nodes in the missing domain, or relax maxSkew.';
  }
  if (/anti-affinity|pod affinity/i.test(text)) {
    return 'More replicas than places apart from each other, or the pod to be near is missing: add nodes, or make the rule preferred.';
  }
  if (/port/i.test(text)) return 'Another pod has that host port on every node: use a Service.';
  return 'Compare nodeSelector and affinity of the pod with the labels of the nodes; a typo is as good as no node.';
}

function countOf({ nodes }: Refusal): string {
  return nodes === undefined
    ? 'The nodes are'
    : nodes === 1
      ? 'One node is'
      : `${String(nodes)} nodes are`;
}

function totalOf(pod: PodFacts): string {
  const nodes = verdictOf(pod)?.message.nodes;
  return nodes === undefined ? '' : ` (${String(nodes)} looked at)`;
}

function gatesOf(pod: PodFacts): string {
  const gates = pod.view.at('spec', 'schedulingGates').items;
  return gates.map((gate) => gate.at('name').text ?? '?').join(', ') || 'unknown';
}

function claimsAskedFor(pod: PodFacts): string {
  const claims = pod.view.at('spec', 'resourceClaims').items;
  const names = claims.map(
    (claim) =>
      claim.at('resourceClaimName').text ??
      claim.at('resourceClaimTemplateName').text ??
      claim.at('name').text ??
      '?',
  );
  return names.join(', ');
}

function claimField(pod: PodFacts): Proof {
  const volumes = pod.view.at('spec', 'volumes').items;
  const claim = volumes.map((volume) => volume.at('persistentVolumeClaim', 'claimName'));
  return claim.find((name) => name.isPresent)?.isThere() ?? false;
}

function claimNames(pod: PodFacts): readonly string[] {
  const volumes = pod.view.at('spec', 'volumes').items;
  return volumes.flatMap((volume) => volume.at('persistentVolumeClaim', 'claimName').text ?? []);
}

function claimIn(pod: PodFacts, text: string): ObjectRef | undefined {
  const name = /persistentvolumeclaim "([^"]+)"/i.exec(text)?.[1];
  return name === undefined ? undefined : claimRef(pod, name);
}

function soleUnboundClaim(pod: PodFacts): ObjectRef | undefined {
  const [first, ...others] = unboundClaims(pod);
  return first === undefined || others.length > 0 ? undefined : claimRef(pod, first.name);
}

function claimRef(pod: PodFacts, name: string): ObjectRef {
  const place = pod.namespace === undefined ? {} : { namespace: pod.namespace };
  return { kind: 'PersistentVolumeClaim', ...place, name };
}

function claimSaid(pod: PodFacts): string {
  const said = unboundClaims(pod).find(({ message }) => message !== undefined)?.message;
  return said === undefined ? '' : `: ${said.slice(0, 200)}`;
}

function causeOf(cause: ObjectRef | undefined): { readonly cause?: ObjectRef } {
  return cause === undefined ? {} : { cause };
}

function placeOf({ namespace }: PodFacts): readonly string[] {
  return namespace === undefined ? [] : ['-n', namespace];
}
