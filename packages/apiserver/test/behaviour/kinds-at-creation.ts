import { dry, post, SETUP, type BehaviourCase } from './behaviour-case.ts';

const D = '/api/v1/namespaces/default/',
  A = '/apis/apps/v1/namespaces/default/',
  B = '/apis/batch/v1/namespaces/default/';
const c = { name: 'c', image: 'nginx' };
const tpl = (o = {}) => ({ metadata: { labels: { app: 'x' } }, spec: { containers: [c], ...o } });
const sel = { matchLabels: { app: 'x' } };

const pod = (spec: unknown, meta: object = {}) => ({ metadata: { name: 'p', ...meta }, spec });

/** How every built-in kind looks after its creation, and what it refuses. */
export const CASES: readonly BehaviourCase[] = [
  post(D + 'serviceaccounts', { metadata: { name: 'default' } }, SETUP),
  dry(D + 'pods', pod({ containers: [c] })),
  dry(D + 'pods', {
    metadata: { generateName: 'a-gen-' },
    spec: { containers: [c] },
    status: { phase: 'Running' },
  }),
  dry(
    D + 'pods',
    pod({
      hostNetwork: true,
      automountServiceAccountToken: false,
      terminationGracePeriodSeconds: 0,
      priorityClassName: 'system-node-critical',
      nodeName: 'n1',
      restartPolicy: 'Never',
      tolerations: [{ operator: 'Exists' }],
      volumes: [
        { name: 'a' },
        { name: 'b', secret: { secretName: 'x' } },
        { name: 'c', configMap: { name: 'x' } },
        { name: 'd', hostPath: { path: '/x' } },
        {
          name: 'e',
          downwardAPI: { items: [{ path: 'x', fieldRef: { fieldPath: 'metadata.name' } }] },
        },
        { name: 'f', projected: { sources: [{ serviceAccountToken: { path: 't' } }] } },
        { name: 'g', emptyDir: {} },
      ],
      containers: [
        {
          name: 'c',
          image: 'a:1',
          ports: [{ containerPort: 80 }],
          env: [
            { name: 'X', value: '' },
            { name: 'A', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
            { name: 'E', valueFrom: { secretKeyRef: { name: 's', key: 'k' } } },
          ],
          livenessProbe: { httpGet: { port: 80 } },
          readinessProbe: { tcpSocket: { port: 'http' }, initialDelaySeconds: 0 },
          startupProbe: { exec: { command: ['x'] } },
          lifecycle: { preStop: { httpGet: { port: 1 } } },
          resources: { limits: { cpu: '1000m', memory: '1024Mi' } },
          volumeMounts: [{ name: 'a', mountPath: '/a' }],
          securityContext: { runAsUser: 0, privileged: false },
        },
      ],
      initContainers: [{ name: 'i', image: 'b@sha256:' + 'a'.repeat(64), restartPolicy: 'Always' }],
    }),
  ),
  dry(A + 'deployments', { metadata: { name: 'd' }, spec: { selector: sel, template: tpl() } }),
  dry(A + 'deployments', {
    metadata: { name: 'd' },
    spec: {
      replicas: 0,
      selector: sel,
      strategy: { type: 'Recreate' },
      template: tpl({ serviceAccountName: 'foo', hostNetwork: false, volumes: [] }),
      paused: false,
      minReadySeconds: 0,
    },
  }),
  dry(A + 'replicasets', { metadata: { name: 'd' }, spec: { selector: sel, template: tpl() } }),
  dry(A + 'daemonsets', { metadata: { name: 'd' }, spec: { selector: sel, template: tpl() } }),
  dry(A + 'statefulsets', {
    metadata: { name: 'd' },
    spec: {
      serviceName: 'x',
      selector: sel,
      template: tpl(),
      volumeClaimTemplates: [
        {
          metadata: { name: 'v' },
          spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
        },
      ],
    },
  }),
  dry(D + 'replicationcontrollers', { metadata: { name: 'd' }, spec: { template: tpl() } }),
  dry(A + 'controllerrevisions', { metadata: { name: 'd' }, revision: 1, data: { a: 1 } }),
  dry(B + 'jobs', {
    metadata: { name: 'd' },
    spec: { template: { spec: { restartPolicy: 'Never', containers: [c] } } },
  }),
  dry(B + 'cronjobs', {
    metadata: { name: 'd' },
    spec: {
      schedule: '* * * * *',
      jobTemplate: { spec: { template: { spec: { restartPolicy: 'Never', containers: [c] } } } },
    },
  }),
  dry(D + 'services', {
    metadata: { name: 'd' },
    spec: { ports: [{ port: 80 }], selector: { a: 'b' } },
  }),
  dry(D + 'services', {
    metadata: { name: 'd' },
    spec: { clusterIP: 'None', selector: { a: 'b' } },
  }),
  dry(D + 'services', {
    metadata: { name: 'd' },
    spec: {
      type: 'NodePort',
      ports: [{ port: 80, nodePort: 30080 }],
      selector: { a: 'b' },
      sessionAffinity: 'ClientIP',
    },
  }),
  dry(D + 'services', {
    metadata: { name: 'd' },
    spec: {
      type: 'LoadBalancer',
      ports: [{ port: 80, nodePort: 30081, name: 'x', targetPort: 'http' }],
      selector: { a: 'b' },
    },
  }),
  dry(D + 'services', {
    metadata: { name: 'd' },
    spec: { type: 'ExternalName', externalName: 'a.b' },
  }),
  dry(D + 'secrets', { metadata: { name: 'd' }, stringData: { a: 'b' }, data: { c: 'ZA==' } }),
  dry(D + 'secrets', { metadata: { name: 'd' } }),
  dry(D + 'serviceaccounts', { metadata: { name: 'd' } }),
  dry(D + 'serviceaccounts', {
    metadata: { name: 'd' },
    automountServiceAccountToken: false,
    secrets: [{ name: 'a' }],
    imagePullSecrets: [{ name: 'x' }],
  }),
  dry('/api/v1/namespaces', { metadata: { name: 'd' } }),
  dry('/api/v1/nodes', { metadata: { name: 'd' } }),
  dry('/api/v1/nodes', {
    metadata: { name: 'd' },
    spec: { podCIDR: '10.1.0.0/24' },
    status: {
      capacity: { cpu: '2', memory: '1Gi' },
      conditions: [{ type: 'Ready', status: 'True' }],
      nodeInfo: { osImage: 'x' },
    },
  }),
  dry(D + 'persistentvolumeclaims', {
    metadata: { name: 'd' },
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
  }),
  dry('/api/v1/persistentvolumes', {
    metadata: { name: 'd' },
    spec: {
      accessModes: ['ReadWriteOnce'],
      capacity: { storage: '1Gi' },
      hostPath: { path: '/tmp' },
    },
  }),
  dry(D + 'endpoints', {
    metadata: { name: 'd' },
    subsets: [{ addresses: [{ ip: '1.2.3.4' }], ports: [{ port: 80 }] }],
  }),
  dry('/apis/discovery.k8s.io/v1/namespaces/default/endpointslices', {
    metadata: { name: 'd' },
    addressType: 'IPv4',
    endpoints: [{ addresses: ['1.2.3.4'] }],
    ports: [{ port: 80 }],
  }),
  dry('/apis/discovery.k8s.io/v1/namespaces/default/endpointslices', {
    metadata: { name: 'd' },
    addressType: 'IPv4',
  }),
  dry(D + 'events', {
    metadata: { name: 'd' },
    involvedObject: { namespace: 'default', name: 'x', kind: 'Pod' },
    reason: 'R',
    message: 'm',
    type: 'Normal',
  }),
  dry(D + 'events', {
    metadata: { name: 'd' },
    involvedObject: { namespace: 'default', name: 'x', kind: 'Pod' },
    reason: 'R',
    message: 'm',
    type: 'Warning',
    source: { component: 'k', host: 'h' },
    firstTimestamp: '2020-01-01T00:00:00Z',
    lastTimestamp: '2020-01-01T00:00:00Z',
    count: 1,
  }),
  dry(D + 'events', { metadata: { name: 'd' } }),
  dry('/apis/events.k8s.io/v1/namespaces/default/events', {
    metadata: { name: 'd' },
    regarding: { namespace: 'default', name: 'x', kind: 'Pod' },
    reason: 'R',
    note: 'm',
    type: 'Normal',
    eventTime: '2020-01-01T00:00:00.000000Z',
    action: 'a',
    reportingController: 'c',
    reportingInstance: 'i',
  }),
  dry('/apis/events.k8s.io/v1/namespaces/default/events', {
    metadata: { name: 'd' },
    regarding: { namespace: 'default', name: 'x', kind: 'Pod' },
    type: 'Foo',
  }),
  dry('/apis/coordination.k8s.io/v1/namespaces/default/leases', { metadata: { name: 'd' } }),
  dry('/apis/coordination.k8s.io/v1/namespaces/default/leases', {
    metadata: { name: 'd' },
    spec: {
      holderIdentity: 'a',
      leaseDurationSeconds: 15,
      acquireTime: '2020-01-01T00:00:00.000001Z',
      renewTime: '2020-01-01T00:00:00Z',
      leaseTransitions: 0,
    },
  }),
  dry('/apis/coordination.k8s.io/v1/namespaces/default/leases', {
    metadata: { name: 'd' },
    spec: { holderIdentity: '', leaseDurationSeconds: 0, leaseTransitions: -1 },
  }),
  dry('/apis/rbac.authorization.k8s.io/v1/namespaces/default/roles', {
    metadata: { name: 'd:x' },
    rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['get'] }],
  }),
  dry('/apis/rbac.authorization.k8s.io/v1/namespaces/default/roles', { metadata: { name: 'd' } }),
  dry('/apis/rbac.authorization.k8s.io/v1/clusterroles', {
    metadata: { name: 'd' },
    rules: [{ nonResourceURLs: ['/x'], verbs: ['get'] }],
  }),
  dry('/apis/rbac.authorization.k8s.io/v1/namespaces/default/roles', {
    metadata: { name: 'd/x' },
    rules: [{}],
  }),
  dry('/apis/rbac.authorization.k8s.io/v1/namespaces/default/rolebindings', {
    metadata: { name: 'd' },
    roleRef: { kind: 'Role', name: 'x' },
    subjects: [
      { kind: 'ServiceAccount', name: 'x' },
      { kind: 'User', name: 'y' },
    ],
  }),
  dry('/apis/rbac.authorization.k8s.io/v1/clusterrolebindings', {
    metadata: { name: 'd' },
    roleRef: { kind: 'ClusterRole', name: 'x', apiGroup: 'rbac.authorization.k8s.io' },
  }),
  dry('/apis/rbac.authorization.k8s.io/v1/clusterrolebindings', {
    metadata: { name: 'd' },
    roleRef: { kind: 'Role', name: '' },
    subjects: [
      { kind: 'X', name: '' },
      { kind: 'ServiceAccount', name: 'x' },
    ],
  }),
  dry('/apis/policy/v1/namespaces/default/poddisruptionbudgets', {
    metadata: { name: 'd' },
    spec: { minAvailable: 1, selector: sel },
  }),
  dry('/apis/policy/v1/namespaces/default/poddisruptionbudgets', {
    metadata: { name: 'd' },
    spec: { minAvailable: 1, maxUnavailable: 'x' },
  }),
  dry('/apis/policy/v1/namespaces/default/poddisruptionbudgets', {
    metadata: { name: 'd' },
    spec: { maxUnavailable: 'x' },
  }),
  dry('/apis/scheduling.k8s.io/v1/priorityclasses', { metadata: { name: 'd' }, value: 5 }),
  dry('/apis/scheduling.k8s.io/v1/priorityclasses', { metadata: { name: 'd' }, value: 2000000000 }),
  dry('/apis/storage.k8s.io/v1/storageclasses', { metadata: { name: 'd' }, provisioner: 'x' }),
  dry('/apis/networking.k8s.io/v1/namespaces/default/ingresses', {
    metadata: { name: 'd' },
    spec: {
      rules: [
        {
          host: 'a.b',
          http: {
            paths: [
              {
                path: '/',
                pathType: 'Prefix',
                backend: { service: { name: 'x', port: { number: 80 } } },
              },
            ],
          },
        },
      ],
    },
  }),
  dry('/apis/networking.k8s.io/v1/namespaces/default/networkpolicies', {
    metadata: { name: 'd' },
    spec: { podSelector: {}, ingress: [{ ports: [{ port: 80 }] }] },
  }),
  dry('/apis/networking.k8s.io/v1/ingressclasses', {
    metadata: { name: 'd' },
    spec: { controller: 'a.b/c' },
  }),
  dry('/apis/autoscaling/v2/namespaces/default/horizontalpodautoscalers', {
    metadata: { name: 'd' },
    spec: {
      maxReplicas: 3,
      scaleTargetRef: { kind: 'Deployment', name: 'x', apiVersion: 'apps/v1' },
    },
  }),
  dry('/apis/autoscaling/v1/namespaces/default/horizontalpodautoscalers', {
    metadata: { name: 'd' },
    spec: {
      maxReplicas: 3,
      targetCPUUtilizationPercentage: 50,
      scaleTargetRef: { kind: 'Deployment', name: 'x', apiVersion: 'apps/v1' },
    },
  }),
  dry(D + 'resourcequotas', { metadata: { name: 'd' }, spec: { hard: { pods: '10' } } }),
  dry(D + 'limitranges', {
    metadata: { name: 'd' },
    spec: { limits: [{ type: 'Container', default: { cpu: '1' } }] },
  }),
  dry(D + 'podtemplates', { metadata: { name: 'd' }, template: tpl() }),
  dry('/apis/node.k8s.io/v1/runtimeclasses', { metadata: { name: 'd' }, handler: 'x' }),
  dry('/apis/storage.k8s.io/v1/csidrivers', { metadata: { name: 'd' }, spec: {} }),
  dry('/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations', {
    metadata: { name: 'd' },
    webhooks: [
      {
        name: 'a.b.c',
        sideEffects: 'None',
        admissionReviewVersions: ['v1'],
        clientConfig: { service: { name: 'x', namespace: 'y' } },
        rules: [
          { operations: ['CREATE'], apiGroups: [''], apiVersions: ['v1'], resources: ['pods'] },
        ],
      },
    ],
  }),

  dry(D + 'pods', pod({})),
  dry(D + 'pods', pod({ containers: [] })),
  dry(D + 'pods', pod({ containers: [{}] })),
  dry(
    D + 'pods',
    pod({
      containers: [
        { name: 'A_B', image: ' x ' },
        { name: 'c', image: 'x' },
        { name: 'c', image: 'y' },
      ],
    }),
  ),
  dry(
    D + 'pods',
    pod({
      containers: [
        {
          ...c,
          ports: [
            { containerPort: 0 },
            { containerPort: 70000, name: '-x' },
            { containerPort: 1, name: 'a' },
            { containerPort: 2, name: 'a', protocol: 'X' },
          ],
          imagePullPolicy: 'X',
          terminationMessagePolicy: 'Y',
          env: [{ name: '' }, { name: 'a=b' }, { name: 'x', valueFrom: {} }],
          volumeMounts: [
            { name: 'zz', mountPath: '/x' },
            { name: '', mountPath: '' },
          ],
        },
      ],
    }),
  ),
  dry(
    D + 'pods',
    pod({
      restartPolicy: 'X',
      dnsPolicy: 'Y',
      activeDeadlineSeconds: 0,
      terminationGracePeriodSeconds: -1,
      serviceAccountName: 'default',
      hostname: 'A_',
      nodeName: 'A_',
      containers: [
        {
          ...c,
          livenessProbe: {},
          readinessProbe: { exec: {}, httpGet: { port: 0 } },
          resources: { limits: { cpu: '1', foo: '1' }, requests: { cpu: '2' } },
        },
      ],
      volumes: [{ name: 'A_' }, { name: 'x', secret: {}, configMap: {} }, { name: 'x' }],
      tolerations: [
        { key: 'x', operator: 'Foo' },
        { effect: 'NoSchedule', operator: 'Exists', tolerationSeconds: 3 },
      ],
    }),
  ),
  dry(D + 'pods', pod({ serviceAccountName: 'nope', containers: [c] })),
  dry(D + 'pods', pod({ priorityClassName: 'nope', containers: [c] })),
  dry(
    D + 'pods',
    pod({
      containers: [c],
      initContainers: [{ ...c, livenessProbe: { exec: { command: ['x'] } } }],
    }),
  ),
  dry(D + 'pods', pod({ containers: [c] }, { name: 'A_' })),
  dry(
    D + 'pods',
    pod({
      containers: [
        {
          ...c,
          livenessProbe: { successThreshold: 2, exec: { command: ['x'] }, periodSeconds: -1 },
        },
      ],
    }),
  ),
  dry(A + 'deployments', { metadata: { name: 'd' }, spec: {} }),
  dry(A + 'deployments', {
    metadata: { name: 'd' },
    spec: {
      replicas: -1,
      selector: { matchLabels: { a: 'b' } },
      template: tpl({ restartPolicy: 'Never' }),
    },
  }),
  dry(A + 'deployments', { metadata: { name: 'd' }, spec: { selector: {}, template: tpl() } }),
  dry(A + 'deployments', {
    metadata: { name: 'd' },
    spec: {
      selector: {
        matchExpressions: [
          { key: 'a', operator: 'X' },
          { key: 'b', operator: 'In' },
        ],
      },
      template: tpl(),
      strategy: { type: 'Foo' },
    },
  }),
  dry(A + 'deployments', {
    metadata: { name: 'd' },
    spec: {
      selector: sel,
      template: tpl(),
      progressDeadlineSeconds: 5,
      minReadySeconds: 10,
      strategy: { rollingUpdate: { maxSurge: 0, maxUnavailable: 0 } },
    },
  }),
  dry(A + 'deployments', {
    metadata: { name: 'd' },
    spec: {
      selector: sel,
      template: tpl(),
      strategy: { type: 'Recreate', rollingUpdate: { maxSurge: 'x' } },
    },
  }),
  dry(A + 'deployments', {
    metadata: { name: 'd' },
    spec: {
      selector: sel,
      template: tpl(),
      strategy: { rollingUpdate: { maxSurge: 'x', maxUnavailable: '200%' } },
    },
  }),
  dry(A + 'replicasets', { metadata: { name: 'd' }, spec: {} }),
  dry(A + 'statefulsets', {
    metadata: { name: 'd' },
    spec: { podManagementPolicy: 'X', updateStrategy: { type: 'Y' } },
  }),
  dry(A + 'daemonsets', {
    metadata: { name: 'd' },
    spec: {
      selector: sel,
      template: tpl({ restartPolicy: 'Never' }),
      updateStrategy: { type: 'Y' },
    },
  }),
  dry(B + 'jobs', { metadata: { name: 'd' }, spec: { template: { spec: { containers: [c] } } } }),
  dry(B + 'jobs', {
    metadata: { name: 'd' },
    spec: {
      template: { spec: { restartPolicy: 'X', containers: [c] } },
      parallelism: -1,
      backoffLimit: -1,
    },
  }),
  dry(B + 'jobs', {
    metadata: { name: 'd' },
    spec: {
      selector: { matchLabels: { a: 'b' } },
      template: { spec: { restartPolicy: 'Never', containers: [c] } },
    },
  }),
  dry(B + 'cronjobs', { metadata: { name: 'd' }, spec: {} }),
  ...[
    'x',
    '* * * *',
    '60 * * * *',
    '*/0 * * * *',
    '@foo',
    '5-1 * * * *',
    '* * * foo *',
    'TZ=UTC * * * * *',
    '@hourly',
    '1,2-3/4,*/5 * * jan mon',
  ].map((s) =>
    dry(B + 'cronjobs', {
      metadata: { name: 'd' },
      spec: {
        schedule: s,
        concurrencyPolicy: 'Forbid',
        jobTemplate: { spec: { template: { spec: { restartPolicy: 'Never', containers: [c] } } } },
      },
    }),
  ),
  dry(B + 'cronjobs', {
    metadata: { name: 'x'.repeat(60) },
    spec: {
      schedule: '* * * * *',
      concurrencyPolicy: 'Foo',
      jobTemplate: { spec: { template: { spec: { restartPolicy: 'Never', containers: [c] } } } },
    },
  }),
  dry(D + 'services', { metadata: { name: '1d' }, spec: {} }),
  dry(D + 'services', {
    metadata: { name: 'd' },
    spec: { type: 'X', ports: [{ port: 0 }, { port: 80, protocol: 'Z' }], selector: { '-': 'b' } },
  }),
  dry(D + 'services', {
    metadata: { name: 'd' },
    spec: {
      ports: [
        { port: 80, name: 'a' },
        { port: 80, name: 'a' },
      ],
      clusterIP: 'x',
    },
  }),
  dry(D + 'services', {
    metadata: { name: 'd' },
    spec: { ports: [{ port: 80 }], clusterIP: '1.2.3.4' },
  }),
  dry(D + 'services', {
    metadata: { name: 'd' },
    spec: { type: 'NodePort', ports: [{ port: 80, nodePort: 5 }] },
  }),
  dry(D + 'services', { metadata: { name: 'd' }, spec: { type: 'ExternalName' } }),
  dry(D + 'services', {
    metadata: { name: 'd' },
    spec: { ports: [{ port: 80, targetPort: '-' }], sessionAffinity: 'x' },
  }),
  dry(D + 'secrets', { metadata: { name: 'd' }, type: 'kubernetes.io/tls', data: { 'a b': '' } }),
  dry(D + 'secrets', { metadata: { name: 'd' }, data: { a: '!!' } }),
  dry('/api/v1/namespaces', { metadata: { name: 'a.b' } }),
  dry(D + 'persistentvolumeclaims', { metadata: { name: 'd' }, spec: {} }),
  dry('/api/v1/persistentvolumes', { metadata: { name: 'd' }, spec: {} }),
  dry('/apis/discovery.k8s.io/v1/namespaces/default/endpointslices', {
    metadata: { name: 'd' },
    addressType: 'X',
    endpoints: [{}],
  }),
  dry('/apis/autoscaling/v2/namespaces/default/horizontalpodautoscalers', {
    metadata: { name: 'd' },
    spec: { maxReplicas: 0 },
  }),
];
