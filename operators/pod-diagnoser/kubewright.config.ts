import { defineOperator } from '@kubewright/packaging';
import { PodDiagnoser, program, watchedNamespaceRules } from './src/index.ts';

/** What is deployed of the PodDiagnoser. */
export const operator = defineOperator({
  program,
  resources: [PodDiagnoser],
  permissions: { watched: watchedNamespaceRules() },
  deployment: { namespace: 'kubewright-system' },
  chart: {
    keywords: ['diagnosis', 'crash', 'operator'],
    nextCommand: 'kubectl apply -f operators/pod-diagnoser/samples/fragileapp-diagnoser.yaml',
  },
});
