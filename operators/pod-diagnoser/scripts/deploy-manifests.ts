import type {
  ClusterRoleBinding,
  Deployment,
  KubernetesObject,
  Namespace,
  PolicyRule,
  RoleBinding,
  Service,
  ServiceAccount,
} from '@kubewright/apimachinery';
import { deriveRole, toYaml } from '@kubewright/crd';
import type { GeneratedFiles } from '@kubewright/crd';
import {
  operatorName,
  ownNamespaceRules,
  PodDiagnoser,
  watchedNamespaceRules,
} from '../src/index.ts';

/** Where an operator is installed, and what it watches. */
export interface DeployOptions {
  /** Namespace of the operator itself. */
  readonly namespace: string;
  /** The namespace it watches. */
  readonly watchedNamespace: string;
  readonly image: string;
}

const labels = {
  'app.kubernetes.io/name': operatorName,
  'app.kubernetes.io/part-of': 'kubewright',
} as const;

const [metricsPort, healthPort] = [8080, 8081];

/** The user of distroless images; any number but 0 would do. */
const userId = 65_532;

/**
 * The manifests of the operator: `crd.yaml`, `operator.yaml` (watches one namespace) and `all-namespaces/cluster-role.yaml` (the further
 * permission to watch them all, to be applied together with the argument `--all-namespaces`).
 */
export function deployManifests(options: DeployOptions): GeneratedFiles {
  return new Map([
    ['crd.yaml', toYaml([PodDiagnoser.manifest()])],
    ['operator.yaml', toYaml(operatorObjects(options))],
    ['all-namespaces/cluster-role.yaml', toYaml(clusterObjects(options))],
  ]);
}

function operatorObjects(options: DeployOptions): KubernetesObject[] {
  const { namespace, watchedNamespace } = options;
  return [
    namespaceObject(namespace),
    serviceAccount(namespace),
    ...roleWithBinding(namespace, 'leader', namespace, ownNamespaceRules(operatorName)),
    ...roleWithBinding(namespace, 'watch', watchedNamespace, watchedNamespaceRules()),
    service(namespace),
    deployment(options),
  ];
}

function namespaceObject(name: string): Namespace {
  return {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: {
      name,
      labels: {
        'app.kubernetes.io/part-of': 'kubewright',
        'pod-security.kubernetes.io/enforce': 'restricted',
      },
    },
  };
}

function serviceAccount(namespace: string): ServiceAccount {
  return {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { name: operatorName, namespace, labels },
  };
}

function roleWithBinding(
  accountNamespace: string,
  purpose: string,
  namespace: string,
  rules: readonly PolicyRule[],
): KubernetesObject[] {
  const name = `${operatorName}-${purpose}`;
  const binding: RoleBinding = {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'RoleBinding',
    metadata: { name, namespace, labels },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name },
    subjects: [{ kind: 'ServiceAccount', name: operatorName, namespace: accountNamespace }],
  };
  return [deriveRole({ name, namespace, labels, rules }), binding];
}

function clusterObjects({ namespace }: DeployOptions): KubernetesObject[] {
  const binding: ClusterRoleBinding = {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRoleBinding',
    metadata: { name: operatorName, labels },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: operatorName },
    subjects: [{ kind: 'ServiceAccount', name: operatorName, namespace }],
  };
  return [deriveRole({ name: operatorName, labels, rules: watchedNamespaceRules() }), binding];
}

function service(namespace: string): Service {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: `${operatorName}-metrics`, namespace, labels },
    spec: {
      selector: { 'app.kubernetes.io/name': operatorName },
      ports: [{ name: 'metrics', port: metricsPort, targetPort: 'metrics' }],
    },
  };
}

function deployment({ namespace, watchedNamespace, image }: DeployOptions): Deployment {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: operatorName, namespace, labels },
    spec: {
      // One works, the other stands by with warm caches.
      replicas: 2,
      selector: { matchLabels: { 'app.kubernetes.io/name': operatorName } },
      template: {
        metadata: { labels },
        spec: {
          serviceAccountName: operatorName,
          // A little more than the 30 s that work in flight has to end, so that the lease is given back.
          terminationGracePeriodSeconds: 45,
          securityContext: {
            runAsNonRoot: true,
            runAsUser: userId,
            runAsGroup: userId,
            seccompProfile: { type: 'RuntimeDefault' },
          },
          containers: [
            {
              name: operatorName,
              image,
              imagePullPolicy: 'IfNotPresent',
              args: ['--leader-elect'],
              env: [
                { name: 'WATCH_NAMESPACE', value: watchedNamespace },
                fieldVariable('POD_NAME', 'metadata.name'),
                fieldVariable('POD_NAMESPACE', 'metadata.namespace'),
              ],
              ports: [
                { name: 'metrics', containerPort: metricsPort },
                { name: 'health', containerPort: healthPort },
              ],
              livenessProbe: {
                httpGet: { path: '/healthz', port: 'health' },
                initialDelaySeconds: 10,
                periodSeconds: 20,
              },
              readinessProbe: {
                httpGet: { path: '/readyz', port: 'health' },
                initialDelaySeconds: 2,
                periodSeconds: 5,
              },
              resources: {
                requests: { cpu: '10m', memory: '96Mi' },
                limits: { cpu: '500m', memory: '256Mi' },
              },
              securityContext: {
                allowPrivilegeEscalation: false,
                readOnlyRootFilesystem: true,
                capabilities: { drop: ['ALL'] },
              },
            },
          ],
        },
      },
    },
  };
}

function fieldVariable(
  name: string,
  fieldPath: string,
): { name: string; valueFrom: { fieldRef: { fieldPath: string } } } {
  return { name, valueFrom: { fieldRef: { fieldPath } } };
}
