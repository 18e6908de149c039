import type {
  CustomResourceDefinition,
  KubernetesObject,
  Namespace,
} from '@kubewright/apimachinery';
import { toYaml } from '@kubewright/apimachinery';
import type { CustomResource, GeneratedFiles } from '@kubewright/crd';
import type { OperatorDefinition } from '../operator-definition.ts';
import { clusterRules, ownRules } from '../permissions.ts';
import { clusterRoleWithBinding, roleWithBinding, serviceAccount } from './access.ts';
import { operatorDeployment } from './deployment.ts';
import { installLabels } from './labels.ts';
import { metricsService, webhookSecret, webhookService, webhookServiceName } from './services.ts';

/**
 * The manifests that `kubectl apply` takes: `crd.yaml`, `operator.yaml` and, for a program that watches one namespace,
 * `all-namespaces/cluster-role.yaml` (the further permission to watch them all, applied together with the argument `--all-namespaces`).
 */
export function installManifests(operator: OperatorDefinition): GeneratedFiles {
  const { program, resources } = operator;
  return new Map([
    ['crd.yaml', toYaml(resources.map((resource) => definitionOf(operator, resource)))],
    ['operator.yaml', toYaml(operatorObjects(operator))],
    ...(program.watches === 'all-namespaces'
      ? []
      : ([['all-namespaces/cluster-role.yaml', toYaml(watchAllObjects(operator))]] as const)),
  ]);
}

function definitionOf(
  operator: OperatorDefinition,
  resource: CustomResource,
): CustomResourceDefinition {
  if (!operator.program.servesWebhooks) return resource.manifest();
  const { namespace } = operator.deployment;
  const service = { namespace, name: webhookServiceName(operator.name) };
  return resource.manifest({ conversionWebhook: { service } });
}

function operatorObjects(operator: OperatorDefinition): KubernetesObject[] {
  const { name, program, permissions, deployment } = operator;
  const { namespace, watchedNamespace } = deployment;
  const forCluster = clusterRules(operator);
  const own = ownRules(operator, {
    lease: program.standard.leaderElectionName.default as string, // a name is a text
    webhookSecret: webhookServiceName(name),
  });
  return [
    namespaceObject(namespace),
    serviceAccount(operator),
    ...roleWithBinding(operator, 'leader', namespace, own),
    ...(program.watches === 'all-namespaces'
      ? watchAllObjects(operator)
      : roleWithBinding(operator, 'watch', watchedNamespace, permissions.watched)),
    ...(forCluster.length === 0
      ? []
      : clusterRoleWithBinding(operator, `${name}-cluster`, forCluster)),
    metricsService(operator),
    ...(program.servesWebhooks ? [webhookService(operator), webhookSecret(operator)] : []),
    operatorDeployment(operator),
  ];
}

function watchAllObjects(operator: OperatorDefinition): KubernetesObject[] {
  return clusterRoleWithBinding(operator, operator.name, operator.permissions.watched);
}

function namespaceObject(name: string): Namespace {
  return {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: {
      name,
      labels: {
        'app.kubernetes.io/part-of': installLabels(name)['app.kubernetes.io/part-of'],
        'pod-security.kubernetes.io/enforce': 'restricted',
      },
    },
  };
}
