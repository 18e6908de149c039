import { conditions } from '@kubewright/crd';
import * as z from 'zod';

/** What a person is shown of a cluster; derived from the conditions. */
export const phases = ['Creating', 'Running', 'Failed', 'Deleting'] as const;

/** One of {@link phases}. */
export type Phase = (typeof phases)[number];

/** The status of a DatabaseCluster, in every version. */
export const statusSchema = z
  .object({
    phase: z.enum(phases).optional().describe('The conditions in one word, to look at.'),
    replicas: z.int32().min(0).optional().describe('How many pods there are.'),
    readyReplicas: z.int32().min(0).optional().describe('How many pods are ready.'),
    message: z
      .string()
      .max(32_768)
      .optional()
      .describe('What is wrong or being waited for; names the unhealthy pod and container.'),
    primary: z.string().optional().describe('Name of the pod that takes writes.'),
    version: z
      .string()
      .optional()
      .describe('The PostgreSQL version that the replicas run or are being brought to.'),
    systemIdentifier: z
      .string()
      .optional()
      .describe('The identity of the data, made when the database was initialized.'),
    lastFailover: z
      .object({
        from: z.string().optional().describe('Name of the pod that was the primary.'),
        to: z.string().optional().describe('Name of the pod that took over.'),
        time: z.string().optional().describe('When it took over.'),
        missingBytes: z
          .int()
          .min(0)
          .optional()
          .describe(
            'How much of the log that the old primary had told of the new one lacked. With synchronous durability none of it was acknowledged. Absent: the old primary had told nothing.',
          ),
      })
      .optional()
      .describe('The last time that a standby took over.'),
    lastBackupTime: z.string().optional().describe('When the last good backup ended.'),
    observedGeneration: z
      .int()
      .min(0)
      .optional()
      .describe('The metadata.generation that this status speaks of.'),
    conditions: conditions().optional(),
  })
  .describe('What was observed last.');
