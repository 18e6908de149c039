import { defineOperator } from '@kubewright/packaging';
import { Foo, program, watchedNamespaceRules } from './src/index.ts';

/** What is deployed of the Foo operator. */
export const operator = defineOperator({
  program,
  resources: [Foo],
  permissions: { watched: watchedNamespaceRules() },
  chart: {
    keywords: ['tutorial', 'operator'],
    nextCommand: 'kubectl apply -f operators/foo/samples/foos.yaml',
  },
});
