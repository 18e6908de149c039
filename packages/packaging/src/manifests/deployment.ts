import type { Container, Deployment, EnvVar } from '@kubewright/apimachinery';
import type { OperatorDefinition } from '../operator-definition.ts';
import { installLabels } from './labels.ts';
import { portOf, webhookServiceName } from './services.ts';

/** The user of distroless images; any number but 0 would do. */
const userId = 65_532;

/** What the pod may do on its node: nothing. Together with {@link containerSecurity} the level `restricted` of Pod Security. */
export const podSecurity = {
  runAsNonRoot: true,
  runAsUser: userId,
  runAsGroup: userId,
  seccompProfile: { type: 'RuntimeDefault' },
} as const;

/** See {@link podSecurity}. */
export const containerSecurity = {
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  capabilities: { drop: ['ALL'] },
};

/** The Deployment of the manifests. */
export function operatorDeployment(operator: OperatorDefinition): Deployment {
  const { name, deployment } = operator;
  const labels = installLabels(name);
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace: deployment.namespace, labels },
    spec: {
      // One works, the others stand by with warm caches.
      replicas: deployment.replicas,
      selector: { matchLabels: { 'app.kubernetes.io/name': name } },
      template: {
        metadata: { labels },
        spec: {
          serviceAccountName: name,
          // A little more than the 30 s that work in flight has to end, so that the lease is given back.
          terminationGracePeriodSeconds: 45,
          securityContext: podSecurity,
          containers: [container(operator)],
        },
      },
    },
  };
}

function container(operator: OperatorDefinition): Container {
  const { name, version, image, program, deployment } = operator;
  const { metricsPort, healthPort, webhookPort } = program.standard;
  return {
    name,
    image: `${image}:${version}`,
    imagePullPolicy: 'IfNotPresent',
    args: ['--leader-elect'],
    env: variables(operator),
    ports: [
      { name: 'metrics', containerPort: portOf(metricsPort.default) },
      { name: 'health', containerPort: portOf(healthPort.default) },
      ...(program.servesWebhooks
        ? [{ name: 'webhook', containerPort: portOf(webhookPort.default) }]
        : []),
    ],
    // Late answers of a node that is busy: whoever is restarted because of them makes it busier.
    livenessProbe: {
      httpGet: { path: '/healthz', port: 'health' },
      initialDelaySeconds: 10,
      periodSeconds: 20,
      timeoutSeconds: 20,
    },
    readinessProbe: {
      httpGet: { path: '/readyz', port: 'health' },
      initialDelaySeconds: 2,
      periodSeconds: 5,
      timeoutSeconds: 5,
    },
    resources: deployment.resources,
    securityContext: containerSecurity,
  };
}

function variables({ name, program, deployment }: OperatorDefinition): EnvVar[] {
  const { namespaces, webhookService } = program.standard;
  return [
    ...(program.watches === 'all-namespaces'
      ? []
      : [{ name: namespaces.env, value: deployment.watchedNamespace }]),
    ...(program.servesWebhooks
      ? [{ name: webhookService.env, value: webhookServiceName(name) }]
      : []),
    { name: 'POD_NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
    { name: 'POD_NAMESPACE', valueFrom: { fieldRef: { fieldPath: 'metadata.namespace' } } },
    { name: 'POD_UID', valueFrom: { fieldRef: { fieldPath: 'metadata.uid' } } },
  ];
}
