import {
  get,
  patch,
  post,
  put,
  remove,
  SETUP,
  until,
  type BehaviourCase,
} from './behaviour-case.ts';

const DEFINITIONS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
const FLEETS = '/apis/scale.example.com/v1/namespaces/default/fleets';
const SETS = '/apis/apps/v1/namespaces/default/replicasets';

const spec = {
  type: 'object',
  properties: {
    color: { type: 'string' },
    replicas: { type: 'integer', minimum: 0, maximum: 5, default: 1 },
  },
  'x-kubernetes-validations': [
    { rule: "self.replicas < 4 || self.color == 'red'", message: 'only red may be many' },
  ],
};
const status = {
  type: 'object',
  properties: { replicas: { type: 'integer' }, selector: { type: 'string' } },
};
const definition = {
  metadata: { name: 'fleets.scale.example.com' },
  spec: {
    group: 'scale.example.com',
    scope: 'Namespaced',
    names: { plural: 'fleets', singular: 'fleet', kind: 'Fleet' },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        subresources: {
          status: {},
          scale: {
            specReplicasPath: '.spec.replicas',
            statusReplicasPath: '.status.replicas',
            labelSelectorPath: '.status.selector',
          },
        },
        schema: { openAPIV3Schema: { type: 'object', properties: { spec, status } } },
      },
    ],
  },
};
const fleet = {
  apiVersion: 'scale.example.com/v1',
  kind: 'Fleet',
  metadata: { name: 'f' },
  spec: { color: 'blue' },
};
const labels = { app: 'scaled' };
const set = {
  metadata: { name: 'r' },
  spec: {
    replicas: 0,
    selector: { matchLabels: labels },
    template: { metadata: { labels }, spec: { containers: [{ name: 'c', image: 'i' }] } },
  },
};

function scaled(replicas: unknown, metadata: Readonly<Record<string, unknown>> = {}): unknown {
  return { metadata: { name: 'f', ...metadata }, spec: { replicas } };
}

/** The scale subresource: what it makes of its object is held to the rules of the object. */
export const CASES: readonly BehaviourCase[] = [
  post(DEFINITIONS, definition, SETUP),
  until(200, FLEETS),
  post(FLEETS, fleet, SETUP),
  remove(`${SETS}/r`, undefined, SETUP),
  post(SETS, set, SETUP),
  get(`${FLEETS}/f/scale`),
  patch(`${FLEETS}/f/scale`, { spec: { replicas: 9 } }),
  patch(`${FLEETS}/f/scale`, { spec: { replicas: 4 } }),
  patch(`${FLEETS}/f/scale?dryRun=All`, { spec: { replicas: 3 } }),
  get(`${FLEETS}/f`),
  patch(`${FLEETS}/f/scale`, { spec: { replicas: 2 } }),
  get(`${FLEETS}/f`),
  put(`${FLEETS}/f/scale`, { spec: { replicas: 2 } }),
  put(`${FLEETS}/f/scale`, scaled(1, { name: 'g' })),
  put(`${FLEETS}/f/scale`, scaled(1, { resourceVersion: '1' })),
  put(`${FLEETS}/f/scale`, scaled(9)),
  put(`${FLEETS}/f/scale`, scaled(1)),
  get(`${FLEETS}/nope/scale`),
  patch(`${FLEETS}/nope/scale`, { spec: { replicas: 1 } }),
  get(`${SETS}/r/scale`),
  patch(`${SETS}/r/scale`, { spec: { replicas: -1 } }),
  put(`${SETS}/r/scale`, { spec: { replicas: 0 } }),
  put(`${SETS}/r/scale`, { metadata: { name: 'r' }, spec: { replicas: -1 } }),
  remove(`${SETS}/r`, undefined, SETUP),
  remove(`${FLEETS}/f`, undefined, SETUP),
  remove(`${DEFINITIONS}/fleets.scale.example.com`, undefined, SETUP),
];
