import { ConfigMap, Node } from '@kubewright/apimachinery';
import { defineCustomResource, defineVersion, permission } from '@kubewright/crd';
import { defineProgram, integerOption, stringOption } from '@kubewright/runtime/operator';
import * as z from 'zod';
import { defineOperator, type OperatorDefinition, type OperatorOptions } from '../src/index.ts';

const v1 = defineVersion({
  name: 'v1',
  storage: true,
  // Helm must not take this for a template, nor YAML for a number with an exponent.
  spec: z.object({ size: z.int32().describe('Such as {{ .Values.size }}, or `{{`.') }),
});

/** A resource of one version. */
export const Gadget = defineCustomResource({
  group: 'example.com',
  kind: 'Gadget',
  plural: 'gadgets',
  scope: 'Namespaced',
  annotations: { 'example.com/owner': 'somebody' },
  versions: [v1],
});

/** A resource whose versions are converted by the operator. */
export const Converted = defineCustomResource({
  group: 'example.com',
  kind: 'Converted',
  plural: 'converteds',
  scope: 'Namespaced',
  versions: [
    v1,
    defineVersion({ name: 'v1beta1', storage: false, spec: z.object({ size: z.int32() }) }),
  ],
  conversion: {
    webhook: { url: 'https://replaced.example.com' },
    converters: {
      v1beta1: { toStorage: ({ spec }) => ({ spec }), fromStorage: ({ spec }) => ({ spec }) },
    },
  },
});

const program = defineProgram({
  name: 'gadgeteer',
  version: '1.2.3',
  description: 'Keeps Gadgets.',
  defaults: { metricsPort: 2112, concurrency: 8 },
  environment: { concurrency: 'NUM_WORKERS', leaderElect: 'HA_ENABLED' },
  options: {
    greeting: stringOption({ description: 'what to say', env: 'GREETING', default: 'Hello' }),
    maxSize: integerOption({
      description: 'greatest size',
      env: 'MAX_SIZE',
      default: 2_000_000,
      minimum: 1,
    }),
    local: stringOption({ description: 'set on the command line only', default: '' }),
  },
  setup: () => undefined,
});

/** An operator with something of everything. */
export function gadgeteer(changes: Partial<OperatorOptions> = {}): OperatorDefinition {
  return defineOperator({
    program,
    resources: [Gadget],
    permissions: {
      watched: [permission(ConfigMap, ['get', 'create'])],
      own: [permission(ConfigMap, ['delete'], { names: ['state'] })],
      cluster: [permission(Node, ['list'])],
    },
    ...changes,
  });
}

/** The same, watching everything. */
export const watchesAll: OperatorDefinition['program'] = { ...program, watches: 'all-namespaces' };

/** The same, with webhooks. */
export const servesWebhooks: OperatorDefinition['program'] = { ...program, servesWebhooks: true };
