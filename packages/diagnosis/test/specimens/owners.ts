import type { AnyEvent, Observation } from '../../src/index.ts';
import { ago, event, now } from './pods.ts';
import type { Category } from '../../src/index.ts';
import type { Specimen } from './specimen.ts';

type Json = Readonly<Record<string, unknown>>;

interface OwnerSketch {
  readonly kind?: string;
  readonly metadata?: Json;
  readonly spec?: Json;
  readonly status?: Json;
  readonly events?: readonly AnyEvent[];
  readonly related?: readonly Json[];
}

/** The observation of an owner `web` in namespace `shop` that has no pods, seen {@link now}. */
function ownerOf({ kind = 'ReplicaSet', ...sketch }: OwnerSketch): Observation {
  const owner = {
    apiVersion: 'apps/v1',
    kind,
    metadata: {
      name: 'web',
      namespace: 'shop',
      uid: 'uid-of-owner',
      generation: 1,
      creationTimestamp: ago(90),
      ...sketch.metadata,
    },
    spec: sketch.spec ?? { replicas: 2 },
    status: { observedGeneration: 1, ...sketch.status },
  };
  return {
    owner,
    events: sketch.events ?? [],
    // As with the pods: an observation may hold any JSON.
    related: (sketch.related ?? []) as unknown as NonNullable<Observation['related']>,
    now,
  };
}

/** A Job of one pod that began a minute ago. */
function newJob(status: Json, related: readonly Json[] = []): Observation {
  return ownerOf({
    kind: 'Job',
    related,
    spec: { parallelism: 1 },
    status: { startTime: ago(60), ...status },
  });
}

function refusedBy(message: string, kind = 'ReplicaSet'): AnyEvent {
  return event('FailedCreate', message, { about: { kind, name: 'web' } });
}

const wordings: readonly (readonly [Category, string, RegExp])[] = [
  [
    'QuotaExceeded',
    'Error creating: pods "web-xdk4b" is forbidden: exceeded quota: pods, requested: pods=1, used: pods=1, limited: pods=1',
    /: exceeded quota: pods, requested/,
  ],
  [
    'QuotaExceeded',
    'Error creating: pods "web-xdk4b" is forbidden: failed quota: compute: must specify limits.cpu for: app',
    /must specify limits\.cpu/,
  ],
  [
    'LimitRangeViolation',
    'Error creating: pods "web-x" is forbidden: [maximum cpu usage per Container is 1, but limit is 2]',
    /maximum cpu usage/,
  ],
  [
    'PodSecurityDenied',
    '(combined from similar events): Error creating: pods "web-bjc8l" is forbidden: violates PodSecurity "baseline:latest": privileged (container "app" must not set securityContext.privileged=true)',
    /: violates PodSecurity "baseline:latest"/,
  ],
  [
    'PodSecurityDenied',
    'Error creating: pods "web-x" is forbidden: unable to validate against any security context constraint: []',
    /security context constraint/,
  ],
  [
    'WebhookDenied',
    'Error creating: admission webhook "images.policy.shop.test" denied the request: image registry is not on the allow list',
    /an admission webhook or policy forbids/,
  ],
  [
    'WebhookDenied',
    'Error creating: Internal error occurred: failed calling webhook "images.policy.shop.test": failed to call webhook: Post "https://policy.shop.svc:443/": dial tcp 10.0.0.1:443: connect: connection refused',
    /does not answer/,
  ],
  [
    'WebhookDenied',
    'Error creating: Timeout: request did not complete within requested timeout - context deadline exceeded',
    /does not answer/,
  ],
  [
    'WebhookDenied',
    'Error creating: pods "web-x" is forbidden: image policy webhook backend denied one or more images: no',
    /an admission webhook or policy forbids/,
  ],
  [
    'LimitRangeViolation',
    'Error creating: Pod "web-x" is invalid: spec.containers[0].resources.requests: Invalid value: "2": must be less than or equal to cpu limit of 1',
    /must be less than/,
  ],
  [
    'PodSecurityDenied',
    'Error creating: pods "web-" is forbidden: no providers available to validate pod request',
    /no providers/,
  ],
  [
    'MissingServiceAccount',
    'Error creating: No API token found for service account "api", retry after the token is automatically created and added to the service account',
    /ServiceAccount is not there/,
  ],
  [
    'MissingServiceAccount',
    'Error creating: pods "web-" is forbidden: error looking up service account shop/api: serviceaccount "api" not found',
    /ServiceAccount is not there/,
  ],
  [
    'MissingPriorityClass',
    'Error creating: pods "web-" is forbidden: no PriorityClass with name high was found',
    /PriorityClass is not there/,
  ],
  [
    'SandboxCreationFailure',
    'Error creating: pods "web-" is forbidden: pod rejected: RuntimeClass "gvisor" not found',
    /RuntimeClass is not there/,
  ],
  ['CreationFailed', 'Error creating: etcdserver: request timed out', /request timed out/],
];

const quota = (used: string, kind = 'ResourceQuota', namespace = 'shop') => ({
  kind,
  metadata: { name: 'pods', namespace },
  status: { hard: { pods: '2' }, used: { pods: used } },
});
const failed = (reason: string) => ({
  conditions: [
    { type: 'Failed', status: 'True', reason, message: 'as it says', lastTransitionTime: ago(50) },
  ],
  failed: 3,
});

export const ownerSpecimens: readonly Specimen[] = [
  ...wordings.map(([category, message, says]): Specimen => ({
    name: `the API refuses the pods: ${message}`,
    observation: ownerOf({ status: { replicas: 0 }, events: [refusedBy(message)] }),
    expected: [
      {
        category,
        mode: category === 'SandboxCreationFailure' ? 37 : 55,
        container: null,
        severity: 'critical',
        remediation: 'report-only',
        confidence: 'high',
        says,
        paths: ['message'],
      },
    ],
  })),
  {
    name: 'the condition of the ReplicaSet is left when the Events are gone',
    observation: ownerOf({
      status: {
        replicas: 1,
        conditions: [
          {
            type: 'ReplicaFailure',
            status: 'True',
            reason: 'FailedCreate',
            lastTransitionTime: ago(5000),
            message: 'pods "web-xdk4b" is forbidden: exceeded quota: pods, requested: pods=1',
          },
        ],
      },
    }),
    expected: [
      { category: 'QuotaExceeded', since: ago(5000), paths: ['status.conditions[0].message'] },
    ],
  },
  {
    name: 'a StatefulSet cannot make the claim of its pod',
    observation: ownerOf({
      kind: 'StatefulSet',
      status: { replicas: 0 },
      events: [
        refusedBy(
          'create Claim data-web-0 for Pod web-0 in StatefulSet web failed error: persistentvolumeclaims "data-web-0" is forbidden: exceeded quota: storage',
          'StatefulSet',
        ),
      ],
    }),
    expected: [{ category: 'QuotaExceeded', says: /: exceeded quota: storage/ }],
  },
  {
    name: 'a refusal of before is over when the pods are there',
    observation: ownerOf({
      status: { replicas: 2 },
      events: [refusedBy('Error creating: exceeded quota: pods')],
    }),
    expected: [],
  },
  {
    name: 'a refusal of before is over when a pod was made after it',
    observation: ownerOf({
      kind: 'Job',
      events: [
        refusedBy('Error creating: exceeded quota: pods', 'Job'),
        event('SuccessfulCreate', 'Created pod: web-1', {
          seen: 5,
          type: 'Normal',
          about: { kind: 'Job', name: 'web' },
        }),
      ],
    }),
    expected: [],
  },
  {
    name: 'no Event is left, and the quota is used up',
    observation: ownerOf({
      kind: 'StatefulSet',
      status: { replicas: 0 },
      related: [quota('1', 'ResourceQuota', 'other'), quota('2')],
    }),
    expected: [
      {
        category: 'QuotaExceeded',
        confidence: 'medium',
        rejected: ['CreationFailed'],
        paths: ['status.hard.pods', 'status.replicas'],
      },
    ],
  },
  {
    name: 'a quota that is used up does not matter to an owner with all its pods',
    observation: ownerOf({ status: { replicas: 2 }, related: [quota('2')] }),
    expected: [],
  },
  {
    name: 'a DaemonSet has no pod, and nothing tells why',
    observation: ownerOf({
      kind: 'DaemonSet',
      spec: {},
      status: { desiredNumberScheduled: 3, currentNumberScheduled: 0 },
      related: [quota('1')],
    }),
    expected: [{ category: 'CreationFailed', confidence: 'low' }],
  },
  {
    name: 'a new owner gets the time to make its pods',
    observation: ownerOf({ metadata: { creationTimestamp: ago(5) }, status: { replicas: 0 } }),
    expected: [],
  },
  {
    name: 'an owner that is scaled to nothing needs no pods',
    observation: ownerOf({ spec: { replicas: 0 }, status: { replicas: 0 } }),
    expected: [],
  },
  {
    name: 'an owner whose new spec was not looked at yet',
    observation: ownerOf({ metadata: { generation: 2 }, status: { replicas: 0 } }),
    expected: [],
  },
  {
    name: 'a Job ran out of time, and its pods are gone',
    observation: ownerOf({
      kind: 'Job',
      spec: { activeDeadlineSeconds: 15 },
      status: failed('DeadlineExceeded'),
    }),
    expected: [
      {
        category: 'DeadlineExceeded',
        mode: 54,
        severity: 'warning',
        remediation: 'none',
        since: ago(50),
        paths: ['status.conditions[0].reason', 'spec.activeDeadlineSeconds'],
      },
    ],
  },
  {
    name: 'a Job gave up, and its pods are gone',
    observation: ownerOf({ kind: 'Job', spec: {}, status: failed('BackoffLimitExceeded') }),
    expected: [{ category: 'AppError', severity: 'warning', confidence: 'medium' }],
  },
  {
    name: 'a Job gave up, and its pods are there to tell why',
    observation: ownerOf({
      kind: 'Job',
      spec: {},
      status: failed('BackoffLimitExceeded'),
      related: [
        { kind: 'Pod', metadata: { name: 'web-1', ownerReferences: [{ uid: 'uid-of-owner' }] } },
      ],
    }),
    expected: [],
  },
  {
    name: 'a Job is done',
    observation: ownerOf({
      kind: 'Job',
      spec: {},
      status: { conditions: [{ type: 'Complete', status: 'True' }], succeeded: 1 },
    }),
    expected: [],
  },
  {
    name: 'a Job has made no pod, and nothing tells why',
    observation: newJob({}),
    expected: [{ category: 'CreationFailed', confidence: 'low' }],
  },
  {
    name: 'a Job has made no pod, and a quota allows none',
    observation: newJob({}, [quota('2')]),
    expected: [{ category: 'QuotaExceeded', confidence: 'medium' }],
  },
  {
    name: 'a Job is at work',
    observation: newJob({ active: 1 }),
    expected: [],
  },
  {
    name: 'a Job waits before it tries again',
    observation: newJob({ failed: 1 }),
    expected: [],
  },
  {
    name: 'a Job is suspended after it began',
    observation: newJob({ conditions: [{ type: 'Suspended', status: 'True' }] }),
    expected: [],
  },
  {
    name: 'a Job began a moment ago',
    observation: newJob({ startTime: ago(3) }),
    expected: [],
  },
];
