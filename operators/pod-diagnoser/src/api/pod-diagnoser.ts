import { type ObjectOf } from '@kubewright/apimachinery';
import { conditions, defineCustomResource, defineVersion } from '@kubewright/crd';
import * as z from 'zod';

/** What to do about a crash; the empty text does nothing. */
export const remediationActions = ['', 'RestartPod', 'LogEvent'] as const;

/** One of {@link remediationActions}. */
export type RemediationAction = (typeof remediationActions)[number];

const spec = z
  .object({
    targetLabels: z
      .record(z.string(), z.string())
      .optional()
      .describe(
        'Labels that a pod must carry, all of them. Empty or absent: every pod of the namespace.',
      ),
    enableAnnotations: z
      .boolean()
      .default(false)
      .describe(
        'Whether pods are diagnosed and annotated with the reason and time of their last crash. False diagnoses nothing.',
      ),
    remediationAction: z
      .enum(remediationActions)
      .default('')
      .describe(
        'What to do about a crash: RestartPod deletes the pod so that its controller makes a new one, LogEvent records a Warning event on it, empty does nothing.',
      ),
  })
  .describe('Which pods to diagnose, and what to do about a crash.');

const recentCrash = z
  .object({
    podUid: z.string().describe('uid of the pod.'),
    pod: z.string().describe('Name of the pod.'),
    container: z.string().describe('Name of the container.'),
    containerType: z.enum(['app', 'init', 'sidecar']).describe('What kind of container it is.'),
    restartCount: z.int().min(0).describe('How often the container had been restarted.'),
    reason: z.string().describe('Why it ended, such as "Error (Exit Code: 1)".'),
    countedAt: z.string().describe('When the crash was counted: RFC 3339 in UTC.'),
    action: z
      .enum(['', 'LogEvent', 'RestartPod', 'RestartSkipped'])
      .describe('What was decided to do about it.'),
    ownerUid: z
      .string()
      .optional()
      .describe('uid of the controller of a pod that is deleted: bounds how often that happens.'),
  })
  .describe('A crash that was counted.');

/** Most entries of `status.recentCrashes`. */
export const maxRecentCrashes = 200;

const status = z
  .object({
    lastProcessedPod: z
      .string()
      .optional()
      .describe('Name of the pod whose crash was diagnosed last.'),
    diagnosedPods: z
      .int()
      .min(0)
      .optional()
      .describe('How many crashes were diagnosed; each crash of a container counts once.'),
    recentCrashes: z
      .array(recentCrash)
      .max(maxRecentCrashes)
      .optional()
      .describe(
        'The crashes counted last, the newest at the end. What is in here or noted on its pod is never counted again.',
      ),
    observedGeneration: z
      .int()
      .min(0)
      .optional()
      .describe('The metadata.generation that this status speaks of.'),
    conditions: conditions().optional(),
  })
  .describe('What was diagnosed so far.');

/** The custom resource PodDiagnoser: diagnoses crashes of the pods in its own namespace. */
export const PodDiagnoser = defineCustomResource({
  group: 'diagnostics.local.io',
  kind: 'PodDiagnoser',
  plural: 'poddiagnosers',
  shortNames: ['pdiag'],
  scope: 'Namespaced',
  versions: [
    defineVersion({
      name: 'v1',
      storage: true,
      description:
        'PodDiagnoser sees why pods of its namespace crash, says so, and heals what can be healed safely.',
      spec,
      status,
      printerColumns: (column) => [
        column('Action', (o) => o.spec.remediationAction),
        column('Diagnosed', (o) => o.status.diagnosedPods),
        column('Last Pod', (o) => o.status.lastProcessedPod),
        column.condition('Ready'),
        column.age(),
      ],
    }),
  ],
});

/** An object of kind PodDiagnoser, as the server stores it. */
export type PodDiagnoser = ObjectOf<typeof PodDiagnoser.resource>;
/** Its spec. */
export type PodDiagnoserSpec = z.output<typeof spec>;
/** Its status. */
export type PodDiagnoserStatus = z.output<typeof status>;
/** One entry of `status.recentCrashes`. */
export type RecentCrash = z.output<typeof recentCrash>;
