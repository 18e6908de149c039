import { maxDnsSubdomainLength, type ObjectOf } from '@kubewright/apimachinery';
import { conditions, defineCustomResource, defineVersion } from '@kubewright/crd';
import * as z from 'zod';

/** What a pod can be called: a DNS subdomain, as the API server has it. */
const podName = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;

const spec = z
  .object({
    name: z
      .string()
      .min(1)
      .max(maxDnsSubdomainLength)
      .regex(podName)
      .describe('The friend that is looked for: the name of a pod in the namespace of the Foo.'),
  })
  .describe('Whom the Foo looks for.');

const status = z
  .object({
    happy: z.boolean().optional().describe('Whether a pod of that name exists.'),
    observedGeneration: z
      .int()
      .min(0)
      .optional()
      .describe('The metadata.generation that this status speaks of.'),
    conditions: conditions().optional(),
  })
  .describe('How the Foo feels.');

/** The custom resource Foo: happy while the friend it looks for is there. */
export const Foo = defineCustomResource({
  group: 'tutorial.my.domain',
  kind: 'Foo',
  plural: 'foos',
  scope: 'Namespaced',
  versions: [
    defineVersion({
      name: 'v1',
      storage: true,
      description: 'Foo is happy while the friend it looks for, a pod of its namespace, exists.',
      spec,
      status,
      printerColumns: (column) => [
        column('Friend', (o) => o.spec.name),
        column('Happy', (o) => o.status.happy),
        column.condition('Ready', 'Ready', { priority: 1 }),
        column.age(),
      ],
    }),
  ],
});

/** An object of kind Foo, as the server stores it. */
export type Foo = ObjectOf<typeof Foo.resource>;
/** Its status. */
export type FooStatus = z.output<typeof status>;
