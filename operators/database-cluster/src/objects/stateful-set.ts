import type {
  Container,
  PodSpec,
  StatefulSet,
  Volume,
  VolumeMount,
} from '@kubewright/apimachinery';
import { annotations, clusterLabel } from '../api/labels.ts';
import { parseVersion } from '../api/postgres-version.ts';
import { serverPort } from '../api/settings.ts';
import { ownedMetadata, type ClusterContext, type PodUpdateStrategy } from './cluster-context.ts';
import { podDomain } from './names.ts';
import {
  agentPort,
  controlPath,
  dataPath,
  metricsPort,
  scriptsPath,
  secretsPath,
} from './pod-paths.ts';

/** A server has so long to end in good order, in seconds: standbys get the rest of the log meanwhile. */
const terminationGraceSeconds = 90;

/**
 * The StatefulSet of a cluster. Its pods have two containers: the stock server image with our entry program, and the agent.
 *
 * What may change without a restart reaches the agents by the Lease, so that only the version and the operator's own
 * settings are in the template.
 *
 * @param updates - Whether pods of an older template are replaced now, or when they are deleted.
 */
export function statefulSet(context: ClusterContext, updates: PodUpdateStrategy): StatefulSet {
  const { name, names, labels, settings, uid } = context;
  return {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: ownedMetadata(context, names.cluster),
    spec: {
      replicas: settings.instances,
      serviceName: names.pods,
      // A pod must not wait for another that may be gone for good.
      podManagementPolicy: 'Parallel',
      updateStrategy: { type: updates },
      persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Retain', whenScaled: 'Retain' },
      revisionHistoryLimit: 3,
      selector: { matchLabels: { [clusterLabel]: name } },
      template: { metadata: { labels: { ...labels } }, spec: podSpec(context) },
      volumeClaimTemplates: [
        {
          apiVersion: 'v1',
          kind: 'PersistentVolumeClaim',
          metadata: {
            name: 'data',
            labels: { ...labels },
            // Tells claims of this cluster from those that an earlier one of the same name left behind.
            annotations: {
              [annotations.clusterUid]: uid,
              [annotations.majorVersion]: String(parseVersion(settings.version)?.major ?? ''),
            },
          },
          spec: {
            accessModes: ['ReadWriteOnce'],
            resources: { requests: { storage: settings.size } },
            ...(settings.storageClass === undefined
              ? {}
              : { storageClassName: settings.storageClass }),
          },
        },
      ],
    },
  };
}

function podSpec(context: ClusterContext): PodSpec {
  const { names, labels, options } = context;
  return {
    serviceAccountName: names.cluster,
    terminationGracePeriodSeconds: terminationGraceSeconds,
    enableServiceLinks: false,
    securityContext: {
      runAsNonRoot: true,
      runAsUser: options.userId,
      runAsGroup: options.userId,
      fsGroup: options.userId,
      fsGroupChangePolicy: 'OnRootMismatch',
      seccompProfile: { type: 'RuntimeDefault' },
    },
    affinity: {
      podAntiAffinity: {
        preferredDuringSchedulingIgnoredDuringExecution: [
          {
            weight: 100,
            podAffinityTerm: {
              topologyKey: 'kubernetes.io/hostname',
              labelSelector: { matchLabels: { [clusterLabel]: labels[clusterLabel] ?? '' } },
            },
          },
        ],
      },
    },
    initContainers: [agentContainer(context)],
    containers: [serverContainer(context)],
    volumes: volumes(context),
  };
}

/** A sidecar: it starts before the server and ends after it, so that it can give the lease back. */
function agentContainer({ name, namespace, names, options }: ClusterContext): Container {
  const { agentCommand, agentImage, imagePullPolicy } = options;
  return {
    name: 'agent',
    image: agentImage,
    imagePullPolicy,
    restartPolicy: 'Always',
    ...(agentCommand.length === 0 ? { args: ['agent'] } : { command: [...agentCommand] }),
    env: [
      fieldVariable('POD_NAME', 'metadata.name'),
      fieldVariable('POD_NAMESPACE', 'metadata.namespace'),
      fieldVariable('POD_UID', 'metadata.uid'),
      fieldVariable('POD_IP', 'status.podIP'),
      { name: 'POD_DOMAIN', value: podDomain(name, namespace) },
      { name: 'LEASE_NAME', value: names.lease },
      { name: 'LEASE_DURATION_SECONDS', value: String(options.leaseDurationSeconds) },
      { name: 'RETRY_PERIOD_SECONDS', value: String(options.retryPeriodSeconds) },
    ],
    ports: [
      { name: 'agent', containerPort: agentPort, protocol: 'TCP' },
      { name: 'metrics', containerPort: metricsPort, protocol: 'TCP' },
    ],
    readinessProbe: {
      httpGet: { path: '/readyz', port: 'agent' },
      periodSeconds: 2,
      timeoutSeconds: 2,
      failureThreshold: 3,
    },
    livenessProbe: {
      httpGet: { path: '/healthz', port: 'agent' },
      periodSeconds: 10,
      // Late answers of a node that is busy: an agent that is restarted because of them makes it busier.
      timeoutSeconds: 10,
      failureThreshold: 3,
    },
    resources: { requests: { cpu: '20m', memory: '96Mi' }, limits: { memory: '256Mi' } },
    securityContext: restricted,
    volumeMounts: [
      mount('control', controlPath),
      mount('internal', `${secretsPath}/internal`, true),
      mount('credentials', `${secretsPath}/credentials`, true),
      mount('tls', `${secretsPath}/tls`, true),
    ],
  };
}

/** Name of the container that PostgreSQL runs in. */
export const serverContainerName = 'postgres';

/** The image of the server that a cluster should run. */
export function serverImage({
  settings,
  options,
}: Pick<ClusterContext, 'settings' | 'options'>): string {
  return `${options.postgresImage}:${settings.version}`;
}

function serverContainer(context: ClusterContext): Container {
  const { options } = context;
  return {
    name: serverContainerName,
    image: serverImage(context),
    imagePullPolicy: options.imagePullPolicy,
    // A node that runs containers as plain processes mounts volumes below KUBEWRIGHT_ROOT.
    command: ['bash', '-c', `exec bash "\${KUBEWRIGHT_ROOT:-}${scriptsPath}/entry.sh"`],
    env: [fieldVariable('POD_IP', 'status.podIP')],
    ports: [{ name: 'postgres', containerPort: serverPort, protocol: 'TCP' }],
    // Whether it serves as it should is what the agent tells; a login each time would only fill the log.
    readinessProbe: {
      tcpSocket: { port: 'postgres' },
      periodSeconds: 3,
      timeoutSeconds: 2,
      failureThreshold: 3,
    },
    resources: { requests: { cpu: '100m', memory: '256Mi' } },
    securityContext: restricted,
    volumeMounts: [
      mount('control', controlPath),
      mount('data', dataPath),
      mount('scripts', scriptsPath, true),
      mount('tmp', '/tmp'),
    ],
  };
}

const restricted = {
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  capabilities: { drop: ['ALL'] },
};

function volumes({ names }: ClusterContext): Volume[] {
  const secret = (name: string, secretName: string, optional = false): Volume => ({
    name,
    secret: { secretName, defaultMode: 0o440, optional },
  });
  return [
    // Holds passwords, so it is never on a disk.
    { name: 'control', emptyDir: { medium: 'Memory', sizeLimit: '1Mi' } },
    { name: 'tmp', emptyDir: {} },
    { name: 'scripts', configMap: { name: names.scripts, defaultMode: 0o444 } },
    secret('internal', names.internal),
    secret('credentials', names.credentials),
    // Mounted whether there is one or not, so that TLS can be switched on without a restart.
    secret('tls', names.tls, true),
  ];
}

function mount(name: string, mountPath: string, readOnly = false): VolumeMount {
  return { name, mountPath, ...(readOnly ? { readOnly } : {}) };
}

function fieldVariable(name: string, fieldPath: string): NonNullable<Container['env']>[number] {
  return { name, valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath } } };
}
