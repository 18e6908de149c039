import type { Category } from '../../src/index.ts';
import { event, podOf } from './pods.ts';
import type { Specimen } from './specimen.ts';

const reason = 'CreateContainerConfigError';

function config(
  name: string,
  message: string,
  category: Category,
  more: Partial<Specimen['expected'][number]> = {},
): Specimen {
  return {
    name,
    observation: podOf({
      status: { phase: 'Pending' },
      containers: [{ waiting: { reason, message } }],
    }),
    expected: [{ category, container: 'app', confidence: 'high', ...more }],
  };
}

export const configurationSpecimens: readonly Specimen[] = [
  config('a Secret is missing', 'secret "db" not found', 'MissingConfigObject', {
    mode: 27,
    severity: 'critical',
    remediation: 'report-only',
    says: /Secret db does not exist in its namespace shop/,
    rejected: ['CreateContainerError'],
  }),
  config('a ConfigMap is missing', 'configmap "settings" not found', 'MissingConfigObject', {
    says: /ConfigMap settings/,
  }),
  {
    name: 'a Secret is missing, and only the Event of an old kubelet says so',
    observation: podOf({
      owner: 'Job',
      containers: [{ waiting: reason }],
      events: [event('Failed', 'Error: secrets "db" not found', { container: 'app' })],
    }),
    expected: [{ category: 'MissingConfigObject', remediation: 'none' }],
  },
  config('a key is missing', "couldn't find key URL in Secret shop/db", 'MissingConfigKey', {
    mode: 28,
    says: /Secret shop\/db has no key URL/,
    nextQuestion: 'Which keys does it have? `kubectl describe -n shop secret db`',
  }),
  config(
    'a key is missing in the file that an init container writes',
    'environment variable key "URL" not found in file "app.env"',
    'MissingConfigKey',
    {
      says: /file app\.env has no key URL/,
      nextQuestion: 'What does the init container write into that file?',
    },
  ),
  config(
    'a key of a mounted object is missing',
    'configmap references non-existent config key: app.yaml',
    'MissingConfigKey',
  ),
  config(
    'an image runs as root, which the pod forbids',
    'container has runAsNonRoot and image will run as root (pod: "web_shop(1)", container: app)',
    'RunAsNonRootViolation',
    { mode: 29, says: /would run as root/ },
  ),
  config(
    'an image has a user by name, which the kubelet cannot tell from root',
    'container has runAsNonRoot and image has non-numeric user (node), cannot verify user is non-root',
    'RunAsNonRootViolation',
    { says: /cannot be told from root/ },
  ),
  config(
    "a container's user is root, which the pod forbids",
    "container's runAsUser breaks non-root policy (pod: web)",
    'RunAsNonRootViolation',
  ),
  {
    name: 'a kubelet of before 1.8 has a word of its own for a root user',
    observation: podOf({
      containers: [
        {
          waiting: {
            reason: 'VerifyNonRootError',
            message: 'container has runAsNonRoot and image will run as root',
          },
        },
      ],
    }),
    expected: [{ category: 'RunAsNonRootViolation' }],
  },
  config(
    "the kubelet's copy of a Secret is late",
    'failed to sync secret cache: timed out waiting for the condition',
    'ConfigSyncTransient',
    { mode: 30, severity: 'info', remediation: 'none' },
  ),
  config(
    'the kubelet has not read the services yet',
    'services have not yet been read at least once, cannot construct envvars',
    'ConfigSyncTransient',
  ),
  config(
    'a subPath leads through a file',
    'failed to prepare subPath for volumeMount "c" of container "app"',
    'VolumeMountFailure',
    { mode: 31 },
  ),
  config(
    'a hostPath is not there',
    'stat /srv/absent: no such file or directory',
    'VolumeMountFailure',
  ),
  config('a variable of a subPathExpr is missing', 'missing value for POD', 'VolumeMountFailure'),
  config(
    'a configuration cannot be made for a new reason',
    'something else',
    'CreateContainerError',
    {
      confidence: 'low',
      mode: 32,
    },
  ),
];
