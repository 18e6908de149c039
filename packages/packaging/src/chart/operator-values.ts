import { containerSecurity, podSecurity } from '../manifests/deployment.ts';
import type {
  OperatorDefinition,
  PackagedOption,
  StandardOptionName,
} from '../operator-definition.ts';
import type { ChartValue, ChartValues, JsonSchema } from './chart-value.ts';

const text: JsonSchema = { type: 'string' };
const flag: JsonSchema = { type: 'boolean' };
const map: JsonSchema = { type: 'object' };
const list: JsonSchema = { type: 'array', items: { type: 'object' } };
const textMap: JsonSchema = { type: 'object', additionalProperties: { type: 'string' } };

/** The values of an operator's chart. */
export function operatorValues(operator: OperatorDefinition): ChartValues {
  const { program, image, deployment } = operator;
  const { ownImageOptions = [] } = operator.chart;
  const setting = (name: StandardOptionName, more?: string): ChartValue =>
    valueOf(program.standard[name], more);
  return {
    nameOverride: value('Name in place of the one of the chart.', '', text),
    fullnameOverride: value(
      'Name of every object, in place of one made of release and chart.',
      '',
      text,
    ),
    image: {
      description: 'The image of the operator.',
      values: {
        repository: value('Registry and name.', image, text),
        tag: value('Default: the appVersion of the chart.', '', text),
        digest: value('Wins over the tag, such as sha256:….', '', {
          type: 'string',
          pattern: '^(sha256:[0-9a-f]{64})?$',
        }),
        pullPolicy: value('Always, IfNotPresent or Never.', 'IfNotPresent', {
          type: 'string',
          enum: ['Always', 'IfNotPresent', 'Never'],
        }),
      },
    },
    imagePullSecrets: value('Secrets for a private registry: [{name: …}].', [], list),
    logLevel: setting('logLevel'),
    numWorkers: setting('concurrency'),
    ...Object.fromEntries(
      Object.entries(program.options)
        .filter(([, { env }]) => env !== undefined)
        .map(([name, option]) => [
          name,
          // Empty: the image of the operator, whatever the user makes of that.
          valueOf(ownImageOptions.includes(name) ? { ...option, default: '' } : option),
        ]),
    ),
    extraEnv: value(
      'Further environment variables of the container: [{name: …, value: …}].',
      [],
      list,
    ),
    extraArgs: value('Further arguments; they win over the settings above.', [], {
      type: 'array',
      items: { type: 'string' },
    }),
    watch: {
      description: 'What is watched.',
      values: {
        allNamespaces: value(
          'All namespaces, which needs a ClusterRole.',
          program.watches === 'all-namespaces',
          flag,
        ),
        namespaces: value(
          'Else these, which must exist: each gets a Role and a RoleBinding. Empty: the namespace of the release.',
          [],
          { type: 'array', items: { type: 'string' } },
        ),
      },
    },
    ha: {
      description: 'High availability: several replicas, of which one works at a time.',
      values: {
        enabled: value('Elect a leader. False runs one replica without a lease.', true, flag),
        replicaCount: value(
          'How many replicas; all but one stand by with warm caches.',
          deployment.replicas,
          {
            type: 'integer',
            minimum: 0,
          },
        ),
        podDisruptionBudget: value('Let drains take one replica at a time.', true, flag),
        leaderElection: {
          values: {
            leaseName: value(
              'Name of the lease. Default: the full name of the release. Two releases in one namespace need two.',
              '',
              text,
            ),
            leaseDurationSeconds: setting('leaseDurationSeconds'),
            renewDeadlineSeconds: setting(
              'renewDeadlineSeconds',
              'Less than the duration of the lease.',
            ),
            retryPeriodSeconds: setting('retryPeriodSeconds', 'Less than the deadline.'),
          },
        },
      },
    },
    monitoring: {
      description: 'Metrics for Prometheus.',
      values: {
        enabled: value('Serve metrics, and make a Service for them.', true, flag),
        path: setting('metricsPath'),
        port: value(sentence('port of the metrics'), program.standard.metricsPort.default, {
          type: 'integer',
          minimum: 1,
          maximum: 65_535,
        }),
        serviceMonitor: value(
          'Make a ServiceMonitor; needs the Prometheus operator in the cluster.',
          false,
          flag,
        ),
        namespace: value(
          'Namespace of the ServiceMonitor. Default: that of the release.',
          '',
          text,
        ),
        interval: value('How often it scrapes.', '30s', {
          type: 'string',
          pattern: '^[0-9]+(ms|s|m|h)$',
        }),
        labels: value(
          'Further labels of the ServiceMonitor, by which a Prometheus chooses it.',
          {},
          textMap,
        ),
      },
    },
    health: {
      description: 'Probes.',
      values: {
        port: value('Port of /healthz and /readyz.', program.standard.healthPort.default, {
          type: 'integer',
          minimum: 1,
          maximum: 65_535,
        }),
      },
    },
    ...(program.servesWebhooks
      ? { webhook: webhookValues(program.standard.webhookPort.default) }
      : {}),
    crds: {
      description:
        'The definitions of the custom resources. They are templates, so that upgrades upgrade them too; what stands in the folder crds/ of a chart Helm only ever installs.',
      values: {
        install: value('False where another release or a person has installed them.', true, flag),
        keep: value(
          'Keep them on uninstall, and with them every object of theirs. False deletes them all.',
          true,
          flag,
        ),
      },
    },
    ...(program.holds.length === 0
      ? {}
      : {
          uninstall: {
            description:
              'What else `helm uninstall` does, by Jobs; `helm uninstall --no-hooks` does without.',
            values: {
              releaseObjects: value(
                'Wait until the operator is done with objects that are being deleted, and take its finalizer off the others, so that nothing waits for an operator that is gone. With crds.keep=false, let the operator delete them all first. Needs rbac.create.',
                true,
                flag,
              ),
            },
          },
        }),
    rbac: {
      values: { create: value('Make roles and bindings, no wider than needed.', true, flag) },
    },
    serviceAccount: {
      values: {
        create: value('Make the account that the operator runs as.', true, flag),
        name: value('Its name. Default: the full name of the release.', '', text),
        annotations: value('Such as those of workload identity.', {}, textMap),
      },
    },
    resources: value('Requests and limits of the container.', deployment.resources, map),
    podLabels: value('Further labels of the pods.', {}, textMap),
    podAnnotations: value('Further annotations of the pods.', {}, textMap),
    podSecurityContext: value(
      'With the next one: the level "restricted" of Pod Security.',
      podSecurity,
      map,
    ),
    securityContext: value('Of the container.', containerSecurity, map),
    priorityClassName: value('Priority of the pods.', '', text),
    nodeSelector: value('Labels that a node must have.', {}, textMap),
    tolerations: value('Taints that are tolerated.', [], list),
    affinity: value('Rules of placement.', {}, map),
    topologySpreadConstraints: value(
      'Default: replicas spread over the nodes as well as can be.',
      [],
      list,
    ),
  };
}

function webhookValues(port: unknown): ChartValues[string] {
  return {
    description: 'Webhooks. By default the operator makes its certificates and renews them.',
    values: {
      port: value('Port of the container.', port, { type: 'integer', minimum: 1, maximum: 65_535 }),
      certManager: {
        values: {
          enabled: value(
            'Have cert-manager make the certificates; it must be installed.',
            false,
            flag,
          ),
          mountPath: value('Where they are mounted.', '/tmp/k8s-webhook-server/serving-certs', {
            type: 'string',
            pattern: '^/',
          }),
        },
      },
    },
  };
}

function value(description: string, initial: unknown, schema: JsonSchema): ChartValue {
  return { description, default: initial, schema };
}

function valueOf({ description, default: initial, schema }: PackagedOption, more = ''): ChartValue {
  return value(`${sentence(description)} ${more}`.trim(), initial, { ...schema });
}

function sentence(description: string): string {
  return `${description.charAt(0).toUpperCase()}${description.slice(1)}.`;
}
