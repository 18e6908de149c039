import type { ObjectOf } from '@kubewright/apimachinery';
import { defineCustomResource, defineVersion } from '@kubewright/crd';
import * as z from 'zod';
import { message } from './message.ts';
import { commonStatus, completeCondition, readyCondition } from './status.ts';

/** Longest name of a container, and of a label's value; both bear the name. */
const maxNameLength = 63;

const status = commonStatus
  .extend({
    jobUid: z
      .string()
      .optional()
      .describe('The uid of the Job that was made. Once it is set, no other one is made.'),
  })
  .describe('What became of the message.');

/** The custom resource Echo: a message that is said once. */
export const Echo = defineCustomResource({
  group: 'mmontes.io',
  kind: 'Echo',
  plural: 'echos',
  shortNames: ['ec'],
  scope: 'Namespaced',
  versions: [
    defineVersion({
      name: 'v1alpha1',
      storage: true,
      description: 'Echo is a message that is said once, by a Job of its name.',
      spec: z.object({ message }).describe('What is said.'),
      status,
      rules: [
        {
          rule: `self.metadata.name.size() <= ${maxNameLength} && !self.metadata.name.contains('.')`,
          message: `the name, which is the container's too, must have at most ${maxNameLength} characters and no dot`,
          check: ({ metadata: { name = '' } }) =>
            name.length <= maxNameLength && !name.includes('.'),
        },
      ],
      printerColumns: (column) => [
        column('Message', (o) => o.spec.message),
        column.condition('Ready', readyCondition),
        column.condition('Complete', completeCondition),
        column.age(),
      ],
    }),
  ],
});

/** An object of kind Echo, as the server stores it. */
export type Echo = ObjectOf<typeof Echo.resource>;
