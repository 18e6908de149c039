import type { Field, OwnerFacts, Proof } from '../facts/index.ts';
import type { Category, ObjectRef } from '../model/index.ts';
import { command } from './command.ts';
import { high, low, medium, type Conclusion, type OwnerRule } from './rule.ts';

/** A controller tries at once and again within seconds; by then it has a pod, or has said why not. */
const patienceMs = 15_000;

/** How the API refuses a pod, in its words; asked in this order. */
interface RefusedCreation {
  readonly name: string;
  readonly category: Category;
  readonly mode?: number;
  /** Ends the sentence "the API refuses its pods because …". */
  readonly because: string;
  readonly words: RegExp;
  readonly advice: string;
  readonly cause?: (owner: OwnerFacts, message: string) => ObjectRef | undefined;
}

const refusals: readonly RefusedCreation[] = [
  {
    name: 'webhook-unreachable',
    category: 'WebhookDenied',
    because: 'an admission webhook does not answer',
    words:
      /failed calling (?:admission )?webhook|^(?:error creating: )?timeout: request did not complete/i,
    advice:
      'Look at the Service and the pods behind the webhook, and at its certificate. Until then nothing of this kind can be made: its failurePolicy is Fail.',
    cause: webhookIn,
  },
  {
    name: 'webhook-denied',
    category: 'WebhookDenied',
    because: 'an admission webhook or policy forbids them',
    words:
      /admission webhook "[^"]*" (?:denied|attempted)|validatingadmissionpolicy '[^']*'.*denied|image policy webhook/is,
    advice: 'Change the pod template to what the policy allows, or ask its owner for an exception.',
    cause: webhookIn,
  },
  {
    name: 'quota-exceeded',
    category: 'QuotaExceeded',
    because: 'a quota of the namespace is used up or asks for more to be stated',
    words:
      /exceeded quota|failed quota|insufficient quota|status unknown for quota|limited by quota|\bquota is\b/i,
    advice: 'Free some of it, raise the quota, or state the requests and limits that it counts.',
    cause: (owner, message) =>
      inNamespace(
        owner,
        'ResourceQuota',
        /(?:exceeded|failed) quota: ([^\s,:]+)/i.exec(message)?.[1],
      ),
  },
  {
    name: 'limit-range-violated',
    category: 'LimitRangeViolation',
    because: 'their requests or limits are outside the LimitRange of the namespace',
    words:
      /(?:minimum|maximum) [\w.\-/]+ usage per|limit to request ratio per|must be less than or equal to [\w.\-/]+ limit/i,
    advice:
      'Bring requests and limits of the pod template into the range, or change the LimitRange.',
    cause: (owner) =>
      inNamespace(
        owner,
        'LimitRange',
        owner.related.ofKind('LimitRange')[0]?.at('metadata', 'name').text,
      ),
  },
  {
    name: 'pod-security-denied',
    category: 'PodSecurityDenied',
    because: 'the security rules of the namespace forbid them',
    words:
      /violates PodSecurity|unable to validate against any (?:pod security policy|security context constraint)|no providers available to validate pod|PodSecurityPolicy: |securityContext\.\w+ is forbidden/i,
    advice:
      'Set what the message names in the securityContext of the template, or run it in a namespace that may have such pods.',
    cause: (owner) =>
      owner.namespace === undefined ? undefined : { kind: 'Namespace', name: owner.namespace },
  },
  {
    name: 'service-account-missing',
    category: 'MissingServiceAccount',
    because: 'their ServiceAccount is not there',
    words: /service ?accounts?\b.*not found|no api token found for service ?account/is,
    advice: 'Make the ServiceAccount, or correct serviceAccountName of the template.',
    cause: (owner, message) =>
      inNamespace(
        owner,
        'ServiceAccount',
        /serviceaccount "([^"]+)"/i.exec(message)?.[1] ??
          /service account [^\s/]+\/([^\s:]+)/i.exec(message)?.[1],
      ),
  },
  {
    name: 'priority-class-missing',
    category: 'MissingPriorityClass',
    because: 'their PriorityClass is not there',
    words: /no PriorityClass with name|priorityclass(?:es)?\b.*not found/i,
    advice: 'Make the PriorityClass, or correct priorityClassName of the template.',
    cause: (_owner, message) =>
      named('PriorityClass', /PriorityClass with name "?([^\s",]+)/i.exec(message)?.[1]),
  },
  {
    name: 'runtime-class-missing',
    category: 'SandboxCreationFailure',
    mode: 37,
    because: 'their RuntimeClass is not there',
    words: /runtimeclass(?:es)?\b.*not found/i,
    advice: 'Make the RuntimeClass, or correct runtimeClassName of the template.',
    cause: (_owner, message) => named('RuntimeClass', /RuntimeClass "([^"]+)"/i.exec(message)?.[1]),
  },
  {
    name: 'creation-failed',
    category: 'CreationFailed',
    because: 'it has a reason of its own',
    words: /./,
    advice: 'Read the message: the API refuses the pod, or what belongs to it.',
  },
];

/** Mode 55: the owner has no pod, or too few, because it cannot make them. */
export const creationRules: readonly OwnerRule[] = [
  ...refusals.map((refusal): OwnerRule => ({
    name: refusal.name,
    category: refusal.category,
    mode: refusal.mode ?? 55,
    when: {
      [`the API refuses its pods because ${refusal.because}`]: (owner) =>
        saysRefusal(owner, refusal.words),
    },
    concludes: (owner) => refusedConclusion(owner, refusal),
  })),
  {
    name: 'quota-used-up',
    category: 'QuotaExceeded',
    mode: 55,
    when: {
      'it has no pod at all': hasNone,
      'a quota of the namespace allows no further pod': fullQuota,
    },
    concludes: (owner) => ({
      summary: `${owner.kind} ${owner.name} has no pod, and a quota of its namespace allows no further one.`,
      confidence: medium('the quota is used up; no Event says that it is the reason'),
      remediation: 'report-only',
      advice: 'Free some of the quota, or raise it.',
      nextQuestion: questionFor(owner),
      cause: quotaOf(owner),
    }),
  },
  {
    name: 'no-pod-made',
    category: 'CreationFailed',
    mode: 55,
    when: {
      'it has no pod at all': hasNone,
    },
    concludes: (owner) => ({
      summary: `${owner.kind} ${owner.name} has made no pod; why is not in evidence.`,
      confidence: low('only the counts in its status speak'),
      remediation: 'report-only',
      advice:
        'Look at quota, LimitRange, security labels of the namespace, ServiceAccount and webhooks; its next attempt leaves an Event.',
      nextQuestion: questionFor(owner),
      wouldChange: 'A controller that is only slow.',
    }),
  },
];

function refusedConclusion(
  owner: OwnerFacts,
  { because, advice, cause }: RefusedCreation,
): Conclusion {
  const message = refusalMessages(owner)[0]?.text ?? '';
  return {
    summary: `${owner.kind} ${owner.name} cannot make its pods because ${because}: ${reasonIn(message)}.`,
    confidence: high('the API server says so'),
    remediation: 'report-only',
    advice,
    nextQuestion: questionFor(owner),
    sinceMs: failedSince(owner),
    cause: cause?.(owner, message),
  };
}

function saysRefusal(owner: OwnerFacts, words: RegExp): Proof {
  const [newest] = refusalMessages(owner);
  return newest?.matches(words) ?? false;
}

/** What the API said when a pod was to be made, newest first; nothing once the pods are there. */
function refusalMessages(owner: OwnerFacts): readonly Field[] {
  const condition = owner.condition('ReplicaFailure');
  const failing = condition.at('status').is('True') !== false ? [condition.at('message')] : [];
  const events = owner.events.filter(({ reason }) =>
    /^(?:FailedCreate|FailedCreation)$/.test(reason.text ?? ''),
  );
  const lastSuccess = owner.events
    .filter(({ reason }) => reason.text === 'SuccessfulCreate')
    .reduce((latest, { lastMs }) => Math.max(latest, lastMs ?? 0), 0);
  const standing = events
    .filter(({ lastMs }) => lastMs === undefined || lastMs >= lastSuccess)
    .sort((one, other) => (other.lastMs ?? 0) - (one.lastMs ?? 0))
    .map(({ message }) => message);
  return hasAll(owner) ? [] : [...failing, ...standing];
}

function failedSince(owner: OwnerFacts): number | undefined {
  const since = owner.condition('ReplicaFailure').at('lastTransitionTime').timeMs;
  return since ?? owner.events.find(({ reason }) => reason.text === 'FailedCreate')?.firstMs;
}

/** How many pods it should have and has; undefined when its status does not say. */
function countsOf(owner: OwnerFacts): readonly [wanted: Field, made: Field] | undefined {
  const status = owner.view.at('status');
  switch (owner.kind) {
    case 'DaemonSet':
      return [status.at('desiredNumberScheduled'), status.at('currentNumberScheduled')];
    case 'ReplicaSet':
    case 'ReplicationController':
    case 'StatefulSet':
      return [owner.view.at('spec', 'replicas'), status.at('replicas')];
    case 'Job':
      return [owner.view.at('spec', 'parallelism'), status.at('active')];
    default:
      return undefined;
  }
}

function hasAll(owner: OwnerFacts): boolean {
  const [wanted, made] = countsOf(owner) ?? [];
  return wanted?.number !== undefined && made?.number !== undefined && made.number >= wanted.number;
}

function hasNone(owner: OwnerFacts): Proof {
  const [wanted, made] = countsOf(owner) ?? [];
  if (wanted?.number === undefined || wanted.number === 0 || made === undefined) return false;
  if (made.number !== 0 && !isNewJob(owner, made)) return false;
  const metadata = owner.view.at('metadata');
  const since =
    owner.kind === 'Job' ? owner.view.at('status', 'startTime') : metadata.at('creationTimestamp');
  if (since.timeMs === undefined || owner.nowMs - since.timeMs < patienceMs) return false;
  if (metadata.at('deletionTimestamp').isPresent) return false;
  // Its controller has not looked at the newest spec yet.
  const seen = owner.view.at('status', 'observedGeneration').number;
  if (seen !== metadata.at('generation').number && seen !== undefined) return false;
  return [wanted, made];
}

/** A Job leaves out what is zero: it is at work, and has never had a pod. */
function isNewJob(owner: OwnerFacts, active: Field): boolean {
  const status = owner.view.at('status');
  const counts = [status.at('succeeded'), status.at('failed')];
  return (
    owner.kind === 'Job' &&
    !active.isPresent &&
    counts.every((count) => (count.number ?? 0) === 0) &&
    status.at('conditions').items.every((condition) => condition.at('status').is('True') === false)
  );
}

/** A quota of which not one more pod can be had. */
function fullQuota(owner: OwnerFacts): Proof {
  for (const quota of quotasOf(owner)) {
    for (const resource of ['pods', 'count/pods']) {
      const hard = quota.at('status', 'hard', resource);
      const used = quota.at('status', 'used', resource);
      if (hard.isPresent && Number(used.value) >= Number(hard.value)) return [hard, used];
    }
  }
  return false;
}

function quotasOf(owner: OwnerFacts): readonly Field[] {
  return owner.related
    .ofKind('ResourceQuota')
    .filter((quota) => quota.at('metadata', 'namespace').text === owner.namespace);
}

function quotaOf(owner: OwnerFacts): ObjectRef | undefined {
  const [quota] = quotasOf(owner);
  return inNamespace(owner, 'ResourceQuota', quota?.at('metadata', 'name').text);
}

function webhookIn(_owner: OwnerFacts, message: string): ObjectRef | undefined {
  const name = /webhook "([^"]+)"/i.exec(message)?.[1] ?? /policy '([^']+)'/i.exec(message)?.[1];
  return named('AdmissionWebhook', name);
}

function inNamespace(
  { namespace }: OwnerFacts,
  kind: string,
  name: string | undefined,
): ObjectRef | undefined {
  if (name === undefined) return undefined;
  return { kind, ...(namespace === undefined ? {} : { namespace }), name };
}

function named(kind: string, name: string | undefined): ObjectRef | undefined {
  return name === undefined ? undefined : { kind, name };
}

/** What the API says, without the name of the pod, which is another each time. */
function reasonIn(message: string): string {
  const reason = message
    .slice(0, 4096)
    .replace(/^\(combined from similar events\): /i, '')
    .replace(/^.*?(?:error creating: |failed error: )/is, '')
    .replace(/^(?:pods|persistentvolumeclaims) "[^"]*" is forbidden: /i, '');
  return reason.replace(/\s+/g, ' ').trim().slice(0, 300).replace(/\.$/, '');
}

function questionFor({ kind, name, namespace }: OwnerFacts): string {
  const place = namespace === undefined ? [] : ['-n', namespace];
  return `What does it say now? ${command('kubectl', 'describe', kind.toLowerCase(), ...place, name)}`;
}
