import { defineOperator } from '@kubewright/packaging';
import { clusterWideRules, DatabaseCluster, program, watchedNamespaceRules } from './src/index.ts';

/** What is deployed of the DatabaseCluster operator. */
export const operator = defineOperator({
  program,
  resources: [DatabaseCluster],
  permissions: { watched: watchedNamespaceRules(), cluster: clusterWideRules() },
  // The programs that run beside PostgreSQL.
  assets: ['entry'],
  chart: {
    keywords: ['postgresql', 'database', 'high-availability', 'backup', 'operator'],
    ownImageOptions: ['agentImage'],
    nextCommand: 'kubectl apply -f operators/database-cluster/samples/database.yaml',
  },
});
