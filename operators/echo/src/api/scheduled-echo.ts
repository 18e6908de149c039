import type { ObjectOf } from '@kubewright/apimachinery';
import { defineCustomResource, defineVersion } from '@kubewright/crd';
import * as z from 'zod';
import { message } from './message.ts';
import { schedule } from './schedule.ts';
import { commonStatus, readyCondition } from './status.ts';

/** Longest name of a CronJob, whose Jobs have eleven characters more. */
const maxNameLength = 52;

/** The custom resource ScheduledEcho: a message that is said again and again. */
export const ScheduledEcho = defineCustomResource({
  group: 'mmontes.io',
  kind: 'ScheduledEcho',
  plural: 'scheduledechos',
  shortNames: ['sec'],
  scope: 'Namespaced',
  versions: [
    defineVersion({
      name: 'v1alpha1',
      storage: true,
      description:
        'ScheduledEcho is a message that is said again and again, by a CronJob of its name.',
      spec: z.object({ message, schedule }).describe('What is said, and when.'),
      status: commonStatus.describe('What became of the schedule.'),
      rules: [
        {
          rule: `self.metadata.name.size() <= ${maxNameLength} && !self.metadata.name.contains('.')`,
          message: `the name, which is the CronJob's and the container's too, must have at most ${maxNameLength} characters and no dot`,
          check: ({ metadata: { name = '' } }) =>
            name.length <= maxNameLength && !name.includes('.'),
        },
      ],
      printerColumns: (column) => [
        column('Message', (o) => o.spec.message),
        column('Schedule', (o) => o.spec.schedule),
        column.condition('Ready', readyCondition),
        column.age(),
      ],
    }),
  ],
});

/** An object of kind ScheduledEcho, as the server stores it. */
export type ScheduledEcho = ObjectOf<typeof ScheduledEcho.resource>;
