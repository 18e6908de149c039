import { validateDnsLabel, validateDnsSubdomain } from '@kubewright/apimachinery';
import { defaultElectionTimes } from '../election/election-settings.ts';
import { parseLogLevel } from '../logging/pino-logger.ts';
import type { LogLevel } from '../logging/logger.ts';
import { booleanOption, integerOption, type OperatorOption } from './option.ts';

/** The options that every operator has, by name, with the types of their values. */
export interface StandardValues {
  /** Namespaces to watch; empty: what the program watches by default. */
  readonly namespaces: readonly string[];
  /** One replica works at a time. */
  readonly leaderElect: boolean;
  /** Namespace of the lease; empty: the own one. */
  readonly leaderElectionNamespace: string;
  /** Name of the lease. */
  readonly leaderElectionName: string;
  /** What this replica is called in the lease, before a random part; empty: the pod in POD_NAME, else the host name. */
  readonly leaderElectionIdentity: string;
  /** How long others wait after the lease was last renewed. */
  readonly leaseDurationSeconds: number;
  /** How long the leader tries to renew the lease before it gives up. */
  readonly renewDeadlineSeconds: number;
  /** Pause between two tries. */
  readonly retryPeriodSeconds: number;
  /** Reconciles at a time, of each controller. */
  readonly concurrency: number;
  /** Whether metrics are served. */
  readonly metrics: boolean;
  /** False: no server. */
  readonly metricsPort: number | false;
  /** Path of the metrics, beginning with `/`. */
  readonly metricsPath: string;
  /** False: no server. */
  readonly healthPort: number | false;
  readonly logLevel: LogLevel;
  /** For programs that serve webhooks, as the next three. False: no server. */
  readonly webhookPort: number | false;
  /** Service of the own namespace that API servers find the webhooks by; empty: none, so that nothing is served without certificates. */
  readonly webhookService: string;
  /** Secret of the own namespace that replicas share their certificates through; empty: named like the Service. */
  readonly webhookSecret: string;
  /** Folder with certificates that somebody else keeps fresh; empty: the operator makes its own. */
  readonly webhookCertificates: string;
}

/** Name of an option that every operator has. */
export type StandardOption = keyof StandardValues;

/** The options that every operator has. */
export type StandardOptions = {
  readonly [Name in StandardOption]: OperatorOption<StandardValues[Name]> & {
    readonly env: string;
  };
};

/** The environment variables of the standard options, unless a program names its own. */
const variables = {
  namespaces: 'WATCH_NAMESPACE',
  leaderElect: 'LEADER_ELECT',
  leaderElectionNamespace: 'LEADER_ELECTION_NAMESPACE',
  leaderElectionName: 'LEADER_ELECTION_NAME',
  leaderElectionIdentity: 'LEADER_ELECTION_IDENTITY',
  leaseDurationSeconds: 'LEASE_DURATION_SECONDS',
  renewDeadlineSeconds: 'RENEW_DEADLINE_SECONDS',
  retryPeriodSeconds: 'RETRY_PERIOD_SECONDS',
  concurrency: 'CONCURRENCY',
  metrics: 'METRICS_ENABLED',
  metricsPort: 'METRICS_PORT',
  metricsPath: 'METRICS_PATH',
  healthPort: 'HEALTH_PORT',
  logLevel: 'LOG_LEVEL',
  webhookPort: 'WEBHOOK_PORT',
  webhookService: 'WEBHOOK_SERVICE',
  webhookSecret: 'WEBHOOK_SECRET',
  webhookCertificates: 'WEBHOOK_CERTIFICATES',
} as const satisfies Record<StandardOption, string>;

/** What a program changes in the standard options. */
export interface StandardChanges {
  /** Names the lease when nothing else does. */
  readonly name: string;
  readonly watches?: 'own-namespace' | 'all-namespaces' | undefined;
  /** Environment variables in place of the usual ones. */
  readonly environment?: Partial<Record<StandardOption, string>> | undefined;
  /** Defaults in place of the usual ones. */
  readonly defaults?: Partial<StandardValues> | undefined;
}

/** The standard options of a program, with its own variables and defaults. */
export function standardOptions(program: StandardChanges): StandardOptions {
  const { defaults = {} } = program;
  const env = { ...variables, ...program.environment };
  const seconds = (ms: number): number => ms / 1000;
  return {
    namespaces: {
      description: `namespaces to watch (default: ${program.watches === 'all-namespaces' ? 'all of them' : 'the own one'})`,
      env: env.namespaces,
      schema: { type: 'string' },
      default: defaults.namespaces ?? [],
      parse: (text) => text.split(',').map(parseNamespace),
    },
    leaderElect: {
      ...booleanOption({
        description: 'let one replica work at a time',
        default: defaults.leaderElect ?? false,
      }),
      env: env.leaderElect,
    },
    leaderElectionNamespace: {
      description: 'namespace of the lease (default: the own one)',
      env: env.leaderElectionNamespace,
      schema: { type: 'string' },
      default: defaults.leaderElectionNamespace ?? '',
      parse: parseNamespace,
    },
    leaderElectionName: {
      description: 'name of the lease',
      env: env.leaderElectionName,
      schema: { type: 'string' },
      default: defaults.leaderElectionName ?? program.name,
      parse: parseName,
    },
    leaderElectionIdentity: {
      description:
        'what this replica is called in the lease, before a random part (default: the pod in POD_NAME, else the host name)',
      env: env.leaderElectionIdentity,
      schema: { type: 'string' },
      default: defaults.leaderElectionIdentity ?? '',
      parse: (text) => text,
    },
    leaseDurationSeconds: duration(
      'seconds that others wait after the lease was last renewed',
      env.leaseDurationSeconds,
      defaults.leaseDurationSeconds ?? seconds(defaultElectionTimes.leaseDurationMs),
    ),
    renewDeadlineSeconds: duration(
      'seconds for which the leader tries to renew the lease before it gives up',
      env.renewDeadlineSeconds,
      defaults.renewDeadlineSeconds ?? seconds(defaultElectionTimes.renewDeadlineMs),
    ),
    retryPeriodSeconds: duration(
      'seconds between two tries to get or renew the lease',
      env.retryPeriodSeconds,
      defaults.retryPeriodSeconds ?? seconds(defaultElectionTimes.retryPeriodMs),
    ),
    concurrency: {
      ...integerOption({
        description: 'objects that a controller works on at a time',
        default: defaults.concurrency ?? 4,
        minimum: 1,
        maximum: 1000,
      }),
      env: env.concurrency,
    },
    metrics: {
      ...booleanOption({ description: 'serve metrics', default: defaults.metrics ?? true }),
      env: env.metrics,
    },
    metricsPort: port('port of the metrics, or "off"', env.metricsPort, defaults.metricsPort, 8080),
    metricsPath: {
      description: 'path of the metrics',
      env: env.metricsPath,
      schema: { type: 'string', pattern: '^/' },
      default: defaults.metricsPath ?? '/metrics',
      parse: parsePath,
    },
    healthPort: port(
      'port of /healthz and /readyz, or "off"',
      env.healthPort,
      defaults.healthPort,
      8081,
    ),
    logLevel: {
      description: 'debug, info, warn, error or silent',
      env: env.logLevel,
      schema: { type: 'string', enum: ['debug', 'info', 'warn', 'error', 'silent'] },
      default: defaults.logLevel ?? 'info',
      parse: parseLogLevel,
    },
    webhookPort: port(
      'port of the webhooks, or "off"',
      env.webhookPort,
      defaults.webhookPort,
      9443,
    ),
    webhookService: {
      description:
        'Service of the own namespace that API servers find the webhooks by (default: none, so that none are served)',
      env: env.webhookService,
      schema: { type: 'string' },
      default: defaults.webhookService ?? '',
      parse: parseName,
    },
    webhookSecret: {
      description:
        'Secret that replicas share their certificates through (default: named like the Service)',
      env: env.webhookSecret,
      schema: { type: 'string' },
      default: defaults.webhookSecret ?? '',
      parse: parseName,
    },
    webhookCertificates: {
      description:
        'folder with tls.crt and tls.key, which somebody else keeps fresh (default: the operator makes its own)',
      env: env.webhookCertificates,
      schema: { type: 'string' },
      default: defaults.webhookCertificates ?? '',
      parse: (text) => text,
    },
  };
}

function duration(description: string, env: string, value: number): StandardOptions['concurrency'] {
  return {
    ...integerOption({ description, default: value, minimum: 1, maximum: 3600 }),
    env,
  };
}

function port(
  description: string,
  env: string,
  given: number | false | undefined,
  usual: number,
): StandardOptions['metricsPort'] {
  return {
    description,
    env,
    schema: { type: 'integer', minimum: 0, maximum: 65_535 },
    default: given ?? usual,
    parse: parsePort,
  };
}

function parseNamespace(text: string): string {
  const name = text.trim();
  const [problem] = validateDnsLabel(name);
  if (problem !== undefined) throw new TypeError(`"${name}" is no namespace: ${problem}`);
  return name;
}

function parseName(text: string): string {
  const [problem] = validateDnsSubdomain(text);
  if (problem !== undefined) throw new TypeError(`"${text}" is no name of an object: ${problem}`);
  return text;
}

function parsePath(text: string): string {
  // As URL.pathname will have it, so that the two can be compared.
  const path = text.startsWith('/') ? URL.parse(text, 'http://localhost')?.pathname : undefined;
  if (path !== text) throw new TypeError('use a path such as /metrics');
  return text;
}

function parsePort(text: string): number | false {
  if (text === 'off') return false;
  const value = Number(text);
  if (!/^\d+$/.test(text.trim()) || value > 65_535) {
    throw new TypeError('use a whole number from 0 to 65535, or "off"');
  }
  return value;
}
