import * as z from 'zod';

/** How clients prove who they are. */
export const authenticationTypes = ['scram-sha-256', 'password', 'md5', 'cert'] as const;

const storage = z
  .object({
    size: z
      .string()
      .max(32)
      .regex(/^\d+(Gi|Mi|Ki)$/)
      .describe('Size of the volume of each replica, such as 10Gi. It can grow, never shrink.'),
    class: z
      .string()
      .max(253)
      .optional()
      .describe('StorageClass of the volumes. Default: that of the cluster. Cannot change.'),
  })
  .describe('The volume of each replica.');

const network = z
  .object({
    port: z.int32().min(1).max(65_535).optional().describe('Port of the Services. Default 5432.'),
    externalAccess: z
      .boolean()
      .optional()
      .describe(
        'Whether a Service of type LoadBalancer, <name>-external, reaches the primary from outside the cluster. Default false.',
      ),
  })
  .describe('How clients reach the database.');

const security = z
  .object({
    tlsEnabled: z
      .boolean()
      .optional()
      .describe(
        'Whether connections must use TLS, with a certificate of the authority in the Secret <name>-tls. Default false.',
      ),
    authentication: z
      .object({
        type: z
          .enum(authenticationTypes)
          .optional()
          .describe(
            'How clients prove who they are: scram-sha-256 (the default; password means the same), md5 for old clients, cert for client certificates (needs tlsEnabled).',
          ),
        username: z
          .string()
          .max(63)
          .regex(/^[a-z_][a-z0-9_]*$/)
          .optional()
          .describe(
            'Role that owns the database of the same name; its password is in the Secret <name>-credentials. Default app.',
          ),
      })
      .optional()
      .describe('Who may connect.'),
  })
  .describe('Who may connect, and how.');

const monitoring = z
  .object({
    enabled: z
      .boolean()
      .optional()
      .describe('Whether each replica serves metrics for Prometheus on port 9187. Default false.'),
    endpoint: z
      .string()
      .max(253)
      .optional()
      .describe('Path of the metrics, or a URL of which the path counts. Default /metrics.'),
  })
  .describe('Metrics of the database.');

/** Fields of `spec.ha` that every version has. */
export const haFields = {
  enabled: z
    .boolean()
    .optional()
    .describe('Whether a standby takes over when the primary fails. Default false.'),
  replicas: z
    .int32()
    .min(1)
    .max(100)
    .optional()
    .describe(
      'How many of the replicas may become the primary; the others only answer reads. When it is more than spec.replicas there are so many replicas. Default: all of them.',
    ),
};

/** Fields of `spec.backup` that every version has. */
export const backupFields = {
  schedule: z
    .string()
    .max(256)
    .optional()
    .describe('When to back up: a cron line in UTC, such as "0 3 * * *". Default: never.'),
  retention: z
    .union([z.int(), z.string()])
    .optional()
    .describe(
      'How long backups are kept: a number of days, or such as 12h, 7d, 4w. The newest one always stays. Default 7d.',
    ),
};

/** Fields of the spec that are the same in every version. `version` and what differs is added by each. */
export const commonFields = {
  replicas: z
    .int32()
    .min(1)
    .max(100)
    .describe(
      'How many PostgreSQL servers run. One is the primary, the others are standbys that answer reads.',
    ),
  storage,
  network: network.optional(),
  security: security.optional(),
  monitoring: monitoring.optional(),
};
