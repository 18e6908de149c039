import type { SecretTokenOptions } from '@kubewright/apiserver';
import type { Client } from '@kubewright/client';
import { Manager, type Logger } from '@kubewright/runtime';
import { createCronJobController } from './controllers/cron-job/cron-job-controller.ts';
import { createDaemonSetController } from './controllers/daemon-set/daemon-set-controller.ts';
import { createDeploymentController } from './controllers/deployment/deployment-controller.ts';
import { createDisruptionController } from './controllers/disruption/disruption-controller.ts';
import { createEndpointsController } from './controllers/endpoints/endpoints-controller.ts';
import { GarbageCollector } from './controllers/garbage-collector/garbage-collector.ts';
import { createJobController } from './controllers/job/job-controller.ts';
import { createOrphanPodController } from './controllers/job/orphan-pod-controller.ts';
import { createNamespaceController } from './controllers/namespace/namespace-controller.ts';
import { createNodeController } from './controllers/node/node-controller.ts';
import { createReplicaSetController } from './controllers/replica-set/replica-set-controller.ts';
import { createResourceQuotaController } from './controllers/resource-quota/resource-quota-controller.ts';
import { createClaimController } from './controllers/volumes/claim-controller.ts';
import { createEphemeralVolumeController } from './controllers/volumes/ephemeral-volume-controller.ts';
import { createVolumeController } from './controllers/volumes/volume-controller.ts';
import {
  createClaimProtectionController,
  createVolumeProtectionController,
} from './controllers/volumes/protection-controllers.ts';
import { createStatefulSetController } from './controllers/stateful-set/stateful-set-controller.ts';
import { createServiceAccountController } from './controllers/service-account/service-account-controller.ts';
import { createTokenSecretController } from './controllers/service-account/token-secret-controller.ts';
import { createTtlAfterFinishedController } from './controllers/ttl-after-finished/ttl-after-finished-controller.ts';
import { CoreEventRecorder, eventsThrough } from './events/core-event-recorder.ts';
import { createScheduler } from './scheduler/scheduler.ts';

/** What the control plane needs. */
export interface ControlPlaneOptions {
  readonly client: Client;
  /** PEM; each namespace gets it in a ConfigMap. */
  readonly caCertificate: string;
  /** Signs the tokens that lie in Secrets. */
  readonly issueSecretToken: (secret: SecretTokenOptions) => string;
  readonly logger: Logger;
}

/** Longest time for reconciles in flight when the cluster stops, in milliseconds. */
const gracefulShutdownMs = 2_000;

/**
 * Runs the built-in controllers and the scheduler until the signal is aborted. They are ordinary controllers
 * on the runtime that operators use, and talk to the API server like anyone else.
 */
export async function runControlPlane(
  { client, caCertificate, issueSecretToken, logger }: ControlPlaneOptions,
  signal: AbortSignal,
): Promise<void> {
  const manager = new Manager({
    client,
    logger,
    metrics: { port: false },
    health: { port: false },
    gracefulShutdownMs,
  });
  const recorders: CoreEventRecorder[] = [];
  const eventsOf = (component: string): CoreEventRecorder => {
    const api = eventsThrough(client);
    const recorder = new CoreEventRecorder({ api, clock: manager.clock, component });
    recorders.push(recorder);
    return recorder;
  };
  const volumeEvents = eventsOf('persistentvolume-controller');
  manager
    .add(createDeploymentController(manager, eventsOf('deployment-controller')))
    .add(createReplicaSetController(manager, eventsOf('replicaset-controller')))
    .add(createStatefulSetController(manager, eventsOf('statefulset-controller')))
    .add(createDaemonSetController(manager, eventsOf('daemonset-controller')))
    .add(createClaimController(manager, volumeEvents))
    .add(createVolumeController(manager, volumeEvents))
    .add(createEphemeralVolumeController(manager, eventsOf('ephemeral_volume')))
    .add(createJobController(manager, eventsOf('job-controller')))
    .add(createOrphanPodController(manager))
    .add(createCronJobController(manager, eventsOf('cronjob-controller')))
    .add(createTtlAfterFinishedController(manager))
    .add(createClaimProtectionController(manager))
    .add(createVolumeProtectionController(manager))
    .add(createDisruptionController(manager, eventsOf('controllermanager')))
    .add(createEndpointsController(manager))
    .add(createNamespaceController(manager))
    .add(createNodeController(manager))
    .add(createResourceQuotaController(manager))
    .add(createServiceAccountController(manager, caCertificate))
    .add(createTokenSecretController(manager, { caCertificate, issueSecretToken }))
    .add(createScheduler(manager))
    .add(
      new GarbageCollector({
        client,
        cache: manager.cache,
        clock: manager.clock,
        logger,
        events: eventsOf('garbage-collector-controller'),
      }),
    );
  try {
    await manager.run({ signal });
  } finally {
    await Promise.all(recorders.map((recorder) => recorder.stop()));
  }
}
