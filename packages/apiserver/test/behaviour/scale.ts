import {
  APPLY,
  get,
  JSON_PATCH,
  patch,
  post,
  put,
  remove,
  SETUP,
  STRATEGIC,
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

/** An apply of a scale. */
function apply(path: string, replicas: unknown, query = 'fieldManager=me'): BehaviourCase {
  const name = path.split('/').at(-1);
  const spec = replicas === undefined ? {} : { spec: { replicas } };
  const body = { apiVersion: 'autoscaling/v1', kind: 'Scale', metadata: { name }, ...spec };
  return patch(`${path}/scale?${query}`, body, APPLY);
}

/** What can be applied to the scale of an object, and who owns the replicas then. */
function applied(path: string): BehaviourCase[] {
  const own = get(path);
  const cases = [
    apply(path, 2),
    apply(path, 2, 'fieldManager=me&force=true'),
    own,
    apply(path, 2, 'fieldManager=you'),
    own,
    apply(path, 3, 'fieldManager=you'),
    apply(path, 2),
    own,
    apply(path, undefined),
    own,
    apply(path, 2, ''),
    apply(path, 'x'),
    apply(path, -1, 'fieldManager=me&force=true'),
    apply(path, 9, 'fieldManager=me&force=true&dryRun=All'),
    patch(`${path}/scale?fieldManager=me`, { apiVersion: 'apps/v1', kind: 'ReplicaSet' }, APPLY),
    patch(
      `${path}/scale?fieldManager=you`,
      { apiVersion: 'autoscaling/v1', kind: 'Scale', metadata: { name: 'other' } },
      APPLY,
    ),
    patch(
      `${path}/scale?fieldManager=you`,
      { apiVersion: 'autoscaling/v1', kind: 'Scale', spec: { replicas: 2, nope: 1 } },
      APPLY,
    ),
    patch(
      `${path}/scale?fieldManager=you`,
      {
        apiVersion: 'autoscaling/v1',
        kind: 'Scale',
        metadata: { labels: { a: 'b' } },
        spec: { replicas: 2 },
        status: { replicas: 7 },
      },
      APPLY,
    ),
    own,
    patch(`${path}/scale`, [{ op: 'replace', path: '/spec/replicas', value: 1 }], JSON_PATCH),
    own,
    patch(`${path}/scale`, { spec: { replicas: 0 } }, STRATEGIC),
    own,
    patch(`${path}/scale`, { spec: { nope: 0 } }),
    patch(`${path}/scale?fieldValidation=Strict`, { spec: { nope: 0 } }),
    patch(`${path}/scale`, { spec: { replicas: 'x' } }),
    patch(`${path}/scale`, '{}', 'text/plain'),
    put(`${path}/scale`, { metadata: { name: path.split('/').at(-1) }, spec: { replicas: 'x' } }),
    put(`${path}/scale?fieldValidation=Strict`, { spec: { replicas: 1, nope: 1 } }),
    apply(`${path.replace(/[^/]+$/, '')}nope`, 2),
  ];
  // Nothing can be applied to the scale of a custom resource: one look at its owners is enough.
  return path.startsWith(FLEETS) ? [...cases.filter((request) => request !== own), own] : cases;
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
  ...applied(`${FLEETS}/f`),
  ...applied(`${SETS}/r`),
  remove(`${SETS}/r`, undefined, SETUP),
  remove(`${FLEETS}/f`, undefined, SETUP),
  remove(`${DEFINITIONS}/fleets.scale.example.com`, undefined, SETUP),
];
