import {
  choiceOption,
  defineProgram,
  integerOption,
  reportReadProblems,
  stringOption,
} from '@kubewright/runtime/operator';
import manifest from '../package.json' with { type: 'json' };
import { DatabaseCluster } from './api/database-cluster.ts';
import { createDatabaseClusterController } from './database-cluster-controller.ts';
import { operatorName } from './objects/cluster-context.ts';
import { finalizer } from './reconcile/database-cluster-reconciler.ts';

/** The operator as a program: `runOperator(program)` runs it. */
export const program = defineProgram({
  name: operatorName,
  version: manifest.version,
  description: 'Runs PostgreSQL: keeps its data, fails over, backs up.',
  servesWebhooks: true,
  holds: [{ resource: DatabaseCluster.resource, finalizer }],
  options: {
    postgresImage: stringOption({
      description: 'repository of the PostgreSQL images; their tags are versions',
      env: 'POSTGRES_IMAGE',
      default: 'postgres',
    }),
    postgresUser: integerOption({
      description:
        'user and group that the image runs PostgreSQL as: 999 for Debian images, 70 for Alpine',
      env: 'POSTGRES_USER_ID',
      default: 999,
      minimum: 1,
    }),
    agentImage: stringOption({
      description: 'image of the agent in each database pod: that of the operator itself',
      env: 'AGENT_IMAGE',
      default: `${operatorName}:${manifest.version}`,
    }),
    imagePullPolicy: choiceOption({
      description: 'when database pods pull their images',
      env: 'IMAGE_PULL_POLICY',
      choices: ['IfNotPresent', 'Always', 'Never'],
      default: 'IfNotPresent',
    }),
    failoverLeaseSeconds: integerOption({
      description: 'seconds without a sign of the primary after which a standby takes over',
      env: 'FAILOVER_LEASE_SECONDS',
      default: 15,
      minimum: 4,
      maximum: 300,
    }),
    failoverRetrySeconds: integerOption({
      description: 'seconds between two looks of an agent; at most a fourth of the lease',
      env: 'FAILOVER_RETRY_SECONDS',
      default: 2,
      minimum: 1,
      maximum: 60,
    }),
    podUpdateStrategy: choiceOption({
      description:
        'how running database pods get a new agent image and changed settings: OnDelete, whenever each is deleted, so that an upgrade restarts no database; or RollingUpdate, at once. A PostgreSQL version is always rolled out',
      env: 'POD_UPDATE_STRATEGY',
      choices: ['OnDelete', 'RollingUpdate'],
      default: 'OnDelete',
    }),
  },
  setup: (manager, { options, concurrency }) => {
    const { failoverLeaseSeconds, failoverRetrySeconds } = options;
    if (failoverRetrySeconds * 4 > failoverLeaseSeconds) {
      throw new TypeError(
        `an agent must look at least four times within a lease: ${String(failoverRetrySeconds)} s are too many for one of ${String(failoverLeaseSeconds)} s`,
      );
    }
    manager.add(
      createDatabaseClusterController(manager, {
        concurrency,
        objects: {
          postgresImage: options.postgresImage,
          agentImage: options.agentImage,
          agentCommand: [],
          userId: options.postgresUser,
          imagePullPolicy: options.imagePullPolicy,
          leaseDurationSeconds: failoverLeaseSeconds,
          retryPeriodSeconds: failoverRetrySeconds,
          podUpdateStrategy: options.podUpdateStrategy,
        },
      }),
    );
    manager.webhooks.convert(DatabaseCluster);
    return reportReadProblems(manager, DatabaseCluster.resource, {
      component: operatorName,
      condition: 'Reconciled',
    });
  },
});
