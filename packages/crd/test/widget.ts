import * as z from 'zod';
import {
  conditions,
  defineCustomResource,
  defineVersion,
  embeddedObject,
  intOrString,
  listMap,
  listSet,
  withRule,
} from '../src/index.ts';

/** A resource that uses everything a manifest can tell; a server has accepted its manifest as it is. */
export const Widget = defineCustomResource({
  group: 'widgets.example.com',
  kind: 'Widget',
  plural: 'widgets',
  shortNames: ['wd'],
  categories: ['all'],
  scope: 'Namespaced',
  labels: { 'app.kubernetes.io/part-of': 'widgets' },
  versions: [
    defineVersion({
      name: 'v1',
      storage: true,
      description: 'Widget is an example.',
      spec: withRule(
        z.object({
          replicas: z.int32().min(1).max(100).describe('How many.'),
          mode: z.enum(['', 'Fast', 'Safe']).default(''),
          port: intOrString().optional(),
          at: z.iso.datetime({ offset: true }).optional(),
          zones: listSet(z.array(z.string())).optional(),
          ports: listMap(
            z.array(
              z.object({ name: z.string(), protocol: z.enum(['TCP', 'UDP']).default('TCP') }),
            ),
            'name',
            'protocol',
          ).optional(),
          template: embeddedObject().optional(),
          extra: z.looseObject({}).optional(),
          limits: z.record(z.string(), z.object({ size: z.string().regex(/^\d+Gi$/) })).optional(),
          name: z.string().regex(/^a/).regex(/z$/).nullable().optional(),
          store: z
            .discriminatedUnion('kind', [
              z.object({ kind: z.literal('s3'), bucket: z.string() }),
              z.object({ kind: z.literal('none') }),
            ])
            .optional(),
        }),
        { rule: "self.mode != 'Fast' || self.replicas > 1", message: 'Fast needs two replicas' },
      ),
      status: z.object({
        replicas: z.int32().optional(),
        selector: z.string().optional(),
        conditions: conditions().optional(),
      }),
      scale: {
        specReplicas: (o) => o.spec.replicas,
        statusReplicas: (o) => o.status.replicas,
        labelSelector: (o) => o.status.selector,
      },
      selectableFields: [(o) => o.spec.mode],
      printerColumns: (column) => [
        column('Replicas', (o) => o.spec.replicas),
        column('At', (o) => o.spec.at, { priority: 1 }),
        column('First', (o) => o.spec.ports[0]?.name ?? '', { description: 'First port.' }),
        column('App', (o) => o.metadata.labels['app.kubernetes.io/name'] ?? ''),
        column.condition('Ready'),
        column.age(),
      ],
    }),
    defineVersion({
      name: 'v1beta1',
      storage: false,
      spec: z.looseObject({ count: z.int32().optional() }),
      deprecationWarning: 'use widgets.example.com/v1',
    }),
  ],
  conversion: { strategy: 'None' },
});
