import type { Secret, Service } from '@kubewright/apimachinery';
import type { OperatorDefinition } from '../operator-definition.ts';
import { installLabels } from './labels.ts';

/** Name of the Service that API servers find the webhooks by, and of the Secret with its certificates. */
export function webhookServiceName(operatorName: string): string {
  return `${operatorName}-webhook`;
}

/** Where metrics are scraped. */
export function metricsService({ name, program, deployment }: OperatorDefinition): Service {
  const port = portOf(program.standard.metricsPort.default);
  return service(`${name}-metrics`, name, deployment.namespace, 'metrics', port);
}

/** Where API servers find the webhooks. */
export function webhookService({ name, deployment }: OperatorDefinition): Service {
  return service(webhookServiceName(name), name, deployment.namespace, 'webhook', 443);
}

/**
 * What replicas share their certificates through. The operator makes it where it is missing; deployed along, it goes with the rest.
 * Without `data`, so that an apply of the manifest takes nothing out of it.
 */
export function webhookSecret({ name, deployment }: OperatorDefinition): Secret {
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: {
      name: webhookServiceName(name),
      namespace: deployment.namespace,
      labels: installLabels(name),
    },
  };
}

/** A default port of a program, which is deployed with all of its servers. */
export function portOf(value: unknown): number {
  if (typeof value === 'number' && value > 0) return value;
  throw new TypeError(
    `a deployed operator needs fixed ports for metrics and probes, not ${String(value)}`,
  );
}

function service(
  name: string,
  operatorName: string,
  namespace: string,
  portName: string,
  port: number,
): Service {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace, labels: installLabels(operatorName) },
    spec: {
      selector: { 'app.kubernetes.io/name': operatorName },
      ports: [{ name: portName, port, targetPort: portName }],
    },
  };
}
