import type { ObjectOf } from '@kubewright/apimachinery';
import { defineCustomResource, defineVersion } from '@kubewright/crd';
import * as z from 'zod';
import { backupFields, commonFields, haFields } from './spec-fields.ts';
import { statusSchema } from './status-fields.ts';

const quantity = /^\d+(Gi|Mi|Ki)$/;

const reclaimPolicy = z.enum(['Delete', 'Retain']);

const ha = z
  .object({
    ...haFields,
    durability: z
      .enum(['Synchronous', 'Asynchronous'])
      .optional()
      .describe(
        'Synchronous (the default): a commit is acknowledged when a standby has it too, and only that standby may take over, so a failover loses no acknowledged commit. Asynchronous: commits do not wait; a failover may lose the newest, up to maximumLag.',
      ),
    maximumLag: z
      .string()
      .max(32)
      .regex(quantity)
      .optional()
      .describe(
        'Asynchronous: a standby that is known to lack more of the write-ahead log than this does not take over. Default 1Mi.',
      ),
  })
  .describe('Failover of the primary.');

const backup = z
  .object({
    ...backupFields,
    storage: z
      .object({
        size: z.string().max(32).regex(quantity).optional().describe('Default: spec.storage.size.'),
        class: z.string().max(253).optional().describe('Default: spec.storage.class.'),
      })
      .optional()
      .describe('The volume that backups are written to.'),
    reclaimPolicy: reclaimPolicy
      .optional()
      .describe('What becomes of the backups when the cluster is deleted. Default Retain.'),
  })
  .describe('Scheduled backups.');

const spec = z
  .object({
    ...commonFields,
    version: z
      .string()
      .max(8)
      .regex(/^(13|14|15)(\.\d+)?$/)
      .describe(
        'PostgreSQL version: 13, 14 or 15, with an optional minor version such as 15.4. It may only move within one major version; a new major version is reached by restoring a backup into a new cluster.',
      ),
    ha: ha.optional(),
    backup: backup.optional(),
    reclaimPolicy: reclaimPolicy
      .optional()
      .describe(
        'What becomes of the data when the cluster is deleted: Delete (the default) removes the volume claims, Retain leaves them for a new cluster of the same name.',
      ),
    restore: z
      .object({
        cluster: z
          .string()
          .min(1)
          .max(253)
          .describe(
            'The cluster, existing or not, whose backups are in the claim <cluster>-backups.',
          ),
        backup: z
          .string()
          .max(253)
          .regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/)
          .optional()
          .describe('Name of the backup. Default: the newest.'),
      })
      .optional()
      .describe('Fill the new database from a backup. Looked at once, when the cluster is made.'),
  })
  .describe('The database that is wanted.');

const betaSpec = z
  .object({
    ...commonFields,
    version: z
      .string()
      .max(8)
      .regex(/^(12|13)(\.\d+)?$/)
      .describe('PostgreSQL version: 12 or 13, with an optional minor version such as 13.5.'),
    ha: z.object(haFields).optional().describe('Failover of the primary.'),
    backup: z.object(backupFields).optional().describe('Scheduled backups.'),
  })
  .describe('The database that is wanted.');

const description =
  'DatabaseCluster is a PostgreSQL that keeps its data, fails over and is backed up.';

/** The custom resource DatabaseCluster. */
export const DatabaseCluster = defineCustomResource({
  group: 'example.com',
  kind: 'DatabaseCluster',
  plural: 'databaseclusters',
  shortNames: ['dbc'],
  scope: 'Namespaced',
  versions: [
    defineVersion({
      name: 'v1',
      storage: true,
      description,
      spec,
      status: statusSchema,
      selectableFields: [(o) => o.spec.version],
      printerColumns: (column) => [
        column('Version', (o) => o.spec.version),
        column('Phase', (o) => o.status.phase),
        column('Ready', (o) => o.status.readyReplicas),
        column('Replicas', (o) => o.status.replicas),
        column('Primary', (o) => o.status.primary),
        column.age(),
      ],
    }),
    defineVersion({
      name: 'v1beta1',
      storage: false,
      description,
      spec: betaSpec,
      status: statusSchema,
      printerColumns: (column) => [
        column('Version', (o) => o.spec.version),
        column('Phase', (o) => o.status.phase),
        column.age(),
      ],
    }),
  ],
  conversion: {
    // The manifests of an installation name the service that converts.
    webhook: {},
    converters: {
      v1beta1: {
        toStorage: ({ spec, status }) => ({ spec, status }),
        fromStorage: ({ spec, status }) => ({ spec: withoutNewFields(spec), status }),
      },
    },
  },
});

/** The spec with what v1beta1 has no member for left out. */
function withoutNewFields(given: z.output<typeof spec>): z.output<typeof betaSpec> {
  const {
    restore: _restore,
    reclaimPolicy: _policy,
    ha: newHa,
    backup: newBackup,
    ...kept
  } = given;
  return {
    ...kept,
    ...(newHa === undefined ? {} : { ha: pick(newHa, ['enabled', 'replicas']) }),
    ...(newBackup === undefined ? {} : { backup: pick(newBackup, ['schedule', 'retention']) }),
  };
}

function pick<T extends object, Key extends keyof T>(from: T, keys: readonly Key[]): Pick<T, Key> {
  const present = keys.filter((key) => from[key] !== undefined);
  // Safe: built of the very members that the type names; absent ones are optional.
  return Object.fromEntries(present.map((key) => [key, from[key]])) as Pick<T, Key>;
}

/** The older version of the resource. */
export const DatabaseClusterV1beta1 = DatabaseCluster.version('v1beta1');

/** A DatabaseCluster of v1, as it is stored. */
export type DatabaseCluster = ObjectOf<typeof DatabaseCluster.resource>;
/** Its spec. */
export type DatabaseClusterSpec = z.output<typeof spec>;
/** Its status. */
export type DatabaseClusterStatus = z.output<typeof statusSchema>;
/** A DatabaseCluster of v1beta1. */
export type DatabaseClusterV1beta1 = ObjectOf<typeof DatabaseClusterV1beta1.resource>;
/** What becomes of volumes when the cluster goes. */
export type ReclaimPolicy = z.output<typeof reclaimPolicy>;
