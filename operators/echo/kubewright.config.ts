import { defineOperator } from '@kubewright/packaging';
import { Echo, program, ScheduledEcho, watchedNamespaceRules } from './src/index.ts';

/** What is deployed of the Echo operator. */
export const operator = defineOperator({
  program,
  resources: [Echo, ScheduledEcho],
  permissions: { watched: watchedNamespaceRules() },
  deployment: { replicas: 3 },
  chart: {
    keywords: ['echo', 'job', 'cronjob', 'operator', 'high availability'],
    nextCommand: 'kubectl apply -f operators/echo/samples/hello-world.yaml',
  },
});
