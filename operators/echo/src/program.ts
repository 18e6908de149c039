import { defineProgram, reportReadProblems, stringOption } from '@kubewright/runtime/operator';
import { Gauge } from 'prom-client';
import manifest from '../package.json' with { type: 'json' };
import { Echo } from './api/echo.ts';
import { ScheduledEcho } from './api/scheduled-echo.ts';
import { readyCondition } from './api/status.ts';
import { createEchoControllers, operatorName } from './echo-controllers.ts';

/** The operator as a program: `runOperator(program)` runs it. */
export const program = defineProgram({
  name: operatorName,
  version: manifest.version,
  description: 'Says the messages of Echos and ScheduledEchos, by Jobs and CronJobs.',
  watches: 'all-namespaces',
  environment: {
    concurrency: 'NUM_WORKERS',
    leaderElect: 'HA_ENABLED',
    leaderElectionIdentity: 'HA_NODE_ID',
    leaderElectionName: 'HA_LEASE_LOCK_NAME',
    leaseDurationSeconds: 'HA_LEASE_DURATION_SECONDS',
    renewDeadlineSeconds: 'HA_RENEW_DEADLINE_SECONDS',
    retryPeriodSeconds: 'HA_RETRY_PERIOD_SECONDS',
    metrics: 'METRICS_ENABLED',
    metricsPath: 'METRICS_PATH',
    metricsPort: 'METRICS_PORT',
    logLevel: 'LOG_LEVEL',
  },
  defaults: {
    concurrency: 4,
    leaderElectionName: operatorName,
    leaseDurationSeconds: 15,
    renewDeadlineSeconds: 10,
    retryPeriodSeconds: 2,
    metricsPath: '/metrics',
    metricsPort: 2112,
  },
  options: {
    env: stringOption({
      description: 'name of the environment it runs in, in the metric echoperator_info',
      env: 'ENV',
      default: 'production',
    }),
  },
  setup: (manager, { concurrency, options: { env } }) => {
    for (const controller of createEchoControllers(manager, { concurrency })) {
      manager.add(controller);
    }
    new Gauge({
      name: 'echoperator_info',
      help: 'Always 1; its labels tell the version of the operator, and where it runs.',
      labelNames: ['version', 'env'],
      registers: [manager.metrics],
    }).set({ version: manifest.version, env }, 1);
    const report = { component: operatorName, condition: readyCondition };
    const reports = new AsyncDisposableStack();
    reports.use(reportReadProblems(manager, Echo.resource, report));
    reports.use(reportReadProblems(manager, ScheduledEcho.resource, report));
    return reports;
  },
});
