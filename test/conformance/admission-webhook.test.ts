import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, test } from 'node:test';
import type { HorizontalPodAutoscaler } from '@kubewright/apimachinery';
import {
  ConfigMap,
  Deployment,
  isNotFound,
  MutatingWebhookConfiguration,
  Role,
  RoleBinding,
  ServiceAccount,
  ValidatingWebhookConfiguration,
  defineResource,
  type KubernetesObject,
  type MutatingWebhook,
  type PolicyRule,
  type Resource,
  type RuleWithOperations,
  type ValidatingWebhook,
} from '@kubewright/apimachinery';
import type { Client } from '@kubewright/client';
import { describeOnEachServer } from './on-each-server.ts';
import { refusalOf } from './refusal.ts';
import { TestWebhook, type WebhookAnswer } from './test-webhook.ts';
import { errorText, untilAnswer } from './until-answer.ts';

interface AdmissionRequest {
  readonly uid: string;
  readonly kind: { readonly group: string; readonly version: string; readonly kind: string };
  readonly resource: {
    readonly group: string;
    readonly version: string;
    readonly resource: string;
  };
  readonly subResource?: string;
  readonly requestKind: { readonly version: string };
  readonly name?: string;
  readonly namespace?: string;
  readonly operation: string;
  readonly userInfo: { readonly username: string; readonly groups: readonly string[] };
  readonly object: (KubernetesObject & { data?: Record<string, string>; spec?: unknown }) | null;
  readonly oldObject: KubernetesObject | null;
  readonly dryRun: boolean;
  readonly options: { readonly kind: string; readonly fieldManager?: string } | null;
}
interface AdmissionReview {
  readonly apiVersion: string;
  readonly kind: string;
  readonly request: AdmissionRequest;
}

const configMaps: RuleWithOperations = {
  apiGroups: [''],
  apiVersions: ['v1'],
  resources: ['configmaps'],
  operations: ['CREATE'],
};

function answer({ request }: AdmissionReview, response: object): WebhookAnswer {
  return {
    review: {
      apiVersion: 'admission.k8s.io/v1',
      kind: 'AdmissionReview',
      response: { uid: request.uid, ...response },
    },
  };
}

function patch(...operations: readonly object[]): object {
  const text = Buffer.from(JSON.stringify(operations)).toString('base64');
  return { allowed: true, patchType: 'JSONPatch', patch: text };
}

const failedCalling = 'Internal error occurred: failed calling webhook "v.example.com": ';

/** What a webhook answers, and what the client is told: code, reason, message. */
const refusals: readonly (readonly [string, object, number, string, string])[] = [
  ['no word', { allowed: false }, 400, 'BadRequest', ' without explanation'],
  ['a message', { allowed: false, status: { message: 'no' } }, 400, 'BadRequest', ': no'],
  ['a reason', { allowed: false, status: { reason: 'Quota' } }, 400, 'Quota', ': Quota'],
  ['a code', { allowed: false, status: { code: 403, message: 'no' } }, 403, 'Forbidden', ': no'],
  [
    'a code of success',
    { allowed: false, status: { code: 200, status: 'Success' } },
    400,
    'BadRequest',
    ' without explanation',
  ],
];

/** What a webhook does wrong, and what the client is told after `failed calling webhook …: `. */
const failures: readonly (readonly [
  string,
  (review: AdmissionReview) => WebhookAnswer,
  string | RegExp,
])[] = [
  [
    'answers another request',
    (review) => answer(review, { uid: 'x', allowed: true }),
    /^received invalid webhook response: expected response\.uid="[-0-9a-f]{36}", got "x"$/,
  ],
  [
    'answers a patch although it only validates',
    (review) => answer(review, patch({ op: 'add', path: '/data/b', value: '2' })),
    'received invalid webhook response: validating webhook may not return response.patch',
  ],
  [
    'answers no response',
    () => ({ review: { apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview' } }),
    'received invalid webhook response: webhook response was absent',
  ],
  [
    'answers something else',
    () => ({ review: { apiVersion: 'admission.k8s.io/v1', kind: 'Other' } }),
    'failed to call webhook: no kind "Other" is registered for version "admission.k8s.io/v1" in scheme "pkg/runtime/scheme.go:111"',
  ],
  [
    'answers a text for a bool',
    (review) => answer(review, { allowed: 'yes' }),
    'failed to call webhook: json: cannot unmarshal string into Go struct field AdmissionResponse.response.allowed of type bool',
  ],
  [
    'answers nothing',
    () => ({ status: 200, contentType: 'application/json', text: '' }),
    'failed to call webhook: 0-length response with status code: 200 and content type: application/json',
  ],
  [
    'fails',
    () => ({ status: 500, text: 'oops' }),
    'failed to call webhook: an error on the server ("oops") has prevented the request from succeeding',
  ],
  [
    'cuts the connection',
    () => 'cut',
    /^failed to call webhook: Post "https:\/\/127\.0\.0\.1:\d+\/v\?timeout=30s": EOF$/,
  ],
];

/** What a mutating webhook answers, and what the client is told after `Internal error occurred: `. */
const badPatches: readonly (readonly [string, object, string])[] = [
  [
    'adds below what is not there',
    patch({ op: 'add', path: '/metadata/labels/a', value: 'b' }),
    'add operation does not apply: doc is missing path: "/metadata/labels/a": missing value',
  ],
  [
    'removes what is not there',
    patch({ op: 'remove', path: '/data/z' }),
    "error in remove for path: '/data/z': Unable to remove nonexistent key: z: missing value",
  ],
  [
    'tests for another value',
    patch({ op: 'test', path: '/data/a', value: '9' }),
    'testing value /data/a failed: test failed',
  ],
  [
    'makes a value of another type',
    patch({ op: 'add', path: '/data/b', value: 2 }),
    'json: cannot unmarshal number into Go struct field ConfigMap.data of type string',
  ],
  [
    'is no list',
    { allowed: true, patchType: 'JSONPatch', patch: Buffer.from('{}').toString('base64') },
    'failed calling webhook "m.example.com": received undecodable patch in webhook response: json: cannot unmarshal object into Go value of type jsonpatch.Patch',
  ],
  [
    'has no type',
    { allowed: true, patch: 'W10=' },
    'failed calling webhook "m.example.com": received invalid webhook response: webhook returned response.patch but not response.patchType',
  ],
];

describeOnEachServer('admission webhooks', {}, (environment) => {
  let client: Client;
  let namespace: string;
  let probes: string;
  let webhook: TestWebhook<AdmissionReview>;
  let count = 0;

  before(async () => {
    client = await environment().client();
    namespace = await environment().newNamespace();
    probes = await environment().newNamespace();
    webhook = await TestWebhook.start<AdmissionReview>();
  });

  beforeEach(() => {
    webhook.reviews.length = 0;
    webhook.answer('/v', (review) => answer(review, { allowed: true }));
  });

  afterEach(async () => {
    const [validating, mutating] = await Promise.all([
      client.list(ValidatingWebhookConfiguration, { labelSelector: 'suite=admission' }),
      client.list(MutatingWebhookConfiguration, { labelSelector: 'suite=admission' }),
    ]);
    for (const { metadata } of validating.items) {
      await client.delete(ValidatingWebhookConfiguration, { name: metadata.name });
    }
    for (const { metadata } of mutating.items) {
      await client.delete(MutatingWebhookConfiguration, { name: metadata.name });
    }
    await untilInForce('Validating');
    await untilInForce('Mutating');
  });

  after(async () => webhook[Symbol.asyncDispose]());

  function hook(
    path: string,
    rules: RuleWithOperations[],
    more: Partial<MutatingWebhook & ValidatingWebhook> = {},
  ): MutatingWebhook & ValidatingWebhook {
    return {
      name: `${path.slice(1)}.example.com`,
      admissionReviewVersions: ['v1'],
      sideEffects: 'None',
      clientConfig: webhook.clientConfig(path),
      timeoutSeconds: 30,
      rules,
      // Nothing but what this suite does, on a cluster that others use too.
      namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } },
      ...more,
    };
  }

  async function validate(...webhooks: readonly ValidatingWebhook[]): Promise<void> {
    await configure('Validating', webhooks);
  }

  async function configure(
    kind: 'Validating' | 'Mutating',
    webhooks: readonly (MutatingWebhook & ValidatingWebhook)[],
    prefix = 'suite-',
  ): Promise<void> {
    const configuration = {
      metadata: { generateName: prefix, labels: { suite: 'admission' } },
      webhooks: [...webhooks],
    };
    if (kind === 'Validating') await client.create(ValidatingWebhookConfiguration, configuration);
    else await client.create(MutatingWebhookConfiguration, configuration);
    await untilInForce(kind);
  }

  /**
   * Servers take configurations over some moments later. A webhook of the same kind, made after all others, tells when:
   * it refuses what is made in a namespace of its own, or does not any more.
   */
  async function untilInForce(kind: 'Validating' | 'Mutating'): Promise<void> {
    const metadata = { name: `suite-probe-${kind.toLowerCase()}` };
    const webhooks = [
      hook('/probe', [configMaps], {
        namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': probes } },
      }),
    ];
    const resource: Resource =
      kind === 'Validating' ? ValidatingWebhookConfiguration : MutatingWebhookConfiguration;
    const configuration: ValidatingWebhookConfiguration = { metadata, webhooks };
    webhook.answer('/probe', (review) =>
      answer(review, { allowed: false, status: { message: 'in force' } }),
    );
    await client.create(resource, configuration);
    await untilProbed(true);
    await client.delete(resource, metadata);
    await untilProbed(false);
    webhook.reviews.length = 0;
  }

  async function untilProbed(isRefused: boolean): Promise<void> {
    const probe = { metadata: { namespace: probes, name: 'probe' } };
    await untilAnswer(
      () => errorText(client.create(ConfigMap, probe, { dryRun: true })),
      (text) => text.includes('in force') === isRefused,
    );
  }

  function newName(): string {
    count += 1;
    return `m${String(count)}`;
  }

  async function create(
    more: {
      labels?: Record<string, string>;
      dryRun?: boolean;
    } = {},
  ): Promise<ConfigMap> {
    const { labels, dryRun = false } = more;
    const metadata = { namespace, name: newName(), ...(labels === undefined ? {} : { labels }) };
    return client.create(ConfigMap, { metadata, data: { a: '1' } }, { dryRun });
  }

  /** Paths of the calls since the last configuration. */
  function calls(): string[] {
    return webhook.reviews.map(({ path }) => path);
  }

  test('are told who does what to which object', async () => {
    await validate(hook('/v', [{ ...configMaps, operations: ['*'] }]));
    const name = newName();
    const ref = { namespace, name };
    await client.create(ConfigMap, { metadata: ref }, { fieldManager: 'me' });
    await client.patch(ConfigMap, ref, { type: 'merge', body: { data: { b: '2' } } });
    await client.delete(ConfigMap, ref);
    const requests = webhook.reviews.map(({ review }) => review.request);
    assert.deepEqual(
      requests.map((request) => [
        request.operation,
        request.object?.metadata.name,
        request.oldObject?.metadata.name,
        request.options?.kind,
      ]),
      [
        ['CREATE', name, undefined, 'CreateOptions'],
        ['UPDATE', name, name, 'UpdateOptions'],
        ['DELETE', undefined, name, 'DeleteOptions'],
      ],
    );
    const [first] = requests;
    assert.deepEqual(
      [first?.kind, first?.resource, first?.name, first?.namespace, first?.dryRun],
      [
        { group: '', version: 'v1', kind: 'ConfigMap' },
        { group: '', version: 'v1', resource: 'configmaps' },
        name,
        namespace,
        false,
      ],
    );
    assert.equal(first?.options?.fieldManager, 'me');
    assert.ok(first.userInfo.groups.includes('system:authenticated'));
    assert.ok(first.object?.metadata.uid !== undefined);
  });

  for (const [what, response, code, reason, words] of refusals) {
    test(`refuse with ${what}`, async () => {
      await validate(hook('/v', [configMaps]));
      webhook.answer('/v', (review) => answer(review, response));
      const { status } = await refusalOf(create());
      assert.deepEqual(
        [status.code, status.reason, status.message],
        [code, reason, `admission webhook "v.example.com" denied the request${words}`],
      );
    });
  }

  test('that fail fail the request, in these words', async () => {
    await validate(hook('/v', [configMaps]));
    for (const [what, fail, message] of failures) {
      webhook.answer('/v', fail);
      const { status } = await refusalOf(create());
      assert.deepEqual([status.code, status.reason], [500, 'InternalError'], what);
      const [, detail = ''] = (status.message ?? '').split(failedCalling);
      if (typeof message === 'string') assert.equal(detail, message, what);
      else assert.match(detail, message, what);
    }
  });

  test('that take too long fail the request', async () => {
    await validate(hook('/v', [configMaps], { timeoutSeconds: 1 }));
    const release = Promise.withResolvers<undefined>();
    webhook.answer('/v', async (review) => {
      await release.promise;
      return answer(review, { allowed: true });
    });
    const { status } = await refusalOf(create());
    release.resolve(undefined);
    assert.match(
      status.message ?? '',
      /failed to call webhook: Post "https:\/\/127\.0\.0\.1:\d+\/v\?timeout=1s": context deadline exceeded$/,
    );
  });

  test('whose failures are ignored are passed over when they fail, and not when they refuse', async () => {
    await validate(hook('/v', [configMaps], { failurePolicy: 'Ignore' }));
    webhook.answer('/v', () => ({ status: 500, text: 'oops' }));
    await create();
    webhook.answer('/v', (review) => answer(review, { allowed: false }));
    assert.equal((await refusalOf(create())).code, 400);
  });

  test('that cannot be reached or believed fail the request', async () => {
    const { url, caBundle } = webhook.clientConfig('/v');
    for (const [clientConfig, message] of [
      [
        { url: 'https://127.0.0.1:1/v', caBundle },
        'failed to call webhook: Post "https://127.0.0.1:1/v?timeout=30s": dial tcp 127.0.0.1:1: connect: connection refused',
      ],
      [
        { service: { namespace, name: 'nobody', path: '/v' }, caBundle },
        `failed to call webhook: Post "https://nobody.${namespace}.svc:443/v?timeout=30s": service "nobody" not found`,
      ],
      [
        { url },
        `failed to call webhook: Post "${url}?timeout=30s": tls: failed to verify certificate: x509: certificate signed by unknown authority`,
      ],
      [
        { url, caBundle: Buffer.from('garbage').toString('base64') },
        'could not get REST client: unable to load root certificates: unable to parse bytes as PEM block',
      ],
    ] as const) {
      const { items } = await client.list(ValidatingWebhookConfiguration, {
        labelSelector: 'suite=admission',
      });
      for (const { metadata } of items) {
        await client.delete(ValidatingWebhookConfiguration, { name: metadata.name });
      }
      await validate(hook('/v', [configMaps], { clientConfig }));
      assert.equal((await refusalOf(create())).status.message, failedCalling + message);
    }
  });

  test('see what their rules say, of the resources and operations, and of subresources', async () => {
    await validate(
      hook('/v', [
        {
          apiGroups: ['apps'],
          apiVersions: ['*'],
          resources: ['deployments/scale', 'deployments/status'],
          operations: ['UPDATE'],
        },
      ]),
    );
    const name = newName();
    const ref = { namespace, name };
    await client.create(Deployment, {
      metadata: ref,
      spec: {
        replicas: 0,
        selector: { matchLabels: { a: 'b' } },
        template: {
          metadata: { labels: { a: 'b' } },
          spec: { containers: [{ name: 'c', image: 'c' }] },
        },
      },
    });
    await client.setScale(Deployment, ref, 2);
    // As a patch: where there are controllers, they write the status too.
    const body = { status: { observedGeneration: 1 } };
    await client.patch(Deployment, ref, { type: 'merge', body }, { subresource: 'status' });
    const requests = webhook.reviews.map(({ review: { request } }) => request);
    const scaled = requests.find(({ kind }) => kind.kind === 'Scale');
    const ours = requests.filter(
      ({ userInfo: { username } }) => username === scaled?.userInfo.username,
    );
    // A server begins anew when a controller has written in between: each is told once or more often.
    assert.deepEqual(
      [
        ...new Set(
          ours.map(({ kind, resource, subResource }) =>
            [kind.kind, resource.resource, subResource].join(' '),
          ),
        ),
      ],
      ['Scale deployments scale', 'Deployment deployments status'],
    );
    assert.deepEqual(scaled?.object?.spec, { replicas: 2 });
    await client.delete(Deployment, ref);
  });

  test('see objects by their labels, as they are or as they were', async () => {
    await validate(
      hook('/v', [{ ...configMaps, operations: ['CREATE', 'UPDATE'] }], {
        objectSelector: { matchLabels: { seen: 'yes' } },
      }),
    );
    await create();
    assert.deepEqual(calls(), []);
    const { metadata } = await create({ labels: { seen: 'yes' } });
    await client.patch(
      ConfigMap,
      { namespace, name: metadata.name ?? '' },
      { type: 'merge', body: { metadata: { labels: { seen: null } } } },
    );
    assert.deepEqual(calls(), ['/v', '/v']);
  });

  test('see objects by the labels of their namespace', async () => {
    await validate(
      hook('/v', [configMaps], { namespaceSelector: { matchLabels: { seen: 'yes' } } }),
    );
    await create();
    assert.deepEqual(calls(), []);
  });

  test('are asked only when all their conditions are met', async () => {
    await validate(
      hook('/v', [configMaps], {
        matchConditions: [
          { name: 'named', expression: 'object.metadata.name == request.name' },
          { name: 'new', expression: "oldObject == null && request.operation == 'CREATE'" },
        ],
      }),
      hook('/w', [configMaps], {
        matchConditions: [{ name: 'labelled', expression: 'has(object.metadata.labels)' }],
      }),
    );
    await create();
    assert.deepEqual(calls(), ['/v']);
  });

  test('with a condition that fails refuse, or are passed over when they may be', async () => {
    const matchConditions = [{ name: 'labelled', expression: "object.metadata.labels.a == 'b'" }];
    await validate(hook('/v', [configMaps], { matchConditions, failurePolicy: 'Ignore' }));
    await create();
    await validate(hook('/w', [configMaps], { matchConditions }));
    const name = `m${String(count + 1)}`;
    const { status } = await refusalOf(create());
    assert.deepEqual(
      [status.code, status.message],
      [
        403,
        `configmaps "${name}" is forbidden: expression 'object.metadata.labels.a == 'b'' resulted in error: no such key: labels`,
      ],
    );
  });

  test('may be asked by what the user, or a service account, may do', async () => {
    const apiGroup = 'rbac.authorization.k8s.io';
    type Subject = NonNullable<RoleBinding['subjects']>[number];
    const grant = async (name: string, subject: Subject, rules: PolicyRule[]): Promise<void> => {
      const metadata = { namespace, name };
      await client.create(Role, { metadata, rules });
      const roleRef = { apiGroup, kind: 'Role', name };
      await client.create(RoleBinding, { metadata, roleRef, subjects: [subject] });
    };
    await grant('alice', { apiGroup, kind: 'User', name: 'alice' }, [
      { apiGroups: [''], resources: ['configmaps'], verbs: ['create'] },
      {
        apiGroups: ['example.com'],
        resources: ['widgets/status'],
        resourceNames: ['one'],
        verbs: ['approve'],
      },
    ]);
    await grant('robot', { kind: 'ServiceAccount', name: 'robot', namespace }, [
      { apiGroups: [''], resources: ['pods'], verbs: ['list'] },
    ]);
    const widget = `authorizer.group('example.com').resource('widgets').subresource('status').namespace('${namespace}')`;
    const robot = `authorizer.serviceAccount('${namespace}', 'robot')`;
    const conditions: Readonly<Record<string, string>> = {
      a: "authorizer.requestResource.check('create').allowed()",
      b: "authorizer.requestResource.check('delete').allowed()",
      c: `${widget}.name('one').check('approve').allowed()`,
      d: `${widget}.name('two').check('approve').allowed()`,
      e: "authorizer.path('/metrics').check('get').allowed()",
      f: `${robot}.group('').resource('pods').namespace('${namespace}').fieldSelector('a=b').labelSelector('c').check('list').reason().contains('RoleBinding "robot/${namespace}" of Role "robot" to ServiceAccount "robot/${namespace}"')`,
      g: `${robot}.group('').resource('pods').check('list').allowed()`,
      h: "!authorizer.path('/metrics').check('get').errored() && authorizer.requestResource.check('get').error() == ''",
    };
    const letters = Object.keys(conditions);
    for (const letter of letters) {
      webhook.answer(`/${letter}`, (review) => answer(review, { allowed: true }));
    }
    await validate(
      ...letters.map((letter) =>
        hook(`/${letter}`, [configMaps], {
          matchConditions: [{ name: 'may', expression: conditions[letter] ?? '' }],
        }),
      ),
    );
    const alice = await environment().client({ user: 'alice' });
    // A real authorizer reads roles through a cache.
    await untilAnswer(
      async () => {
        webhook.reviews.length = 0;
        const metadata = { namespace, name: newName() };
        const error = await errorText(alice.create(ConfigMap, { metadata }, { dryRun: true }));
        return `asked ${calls().sort().join(' ')}; ${error}`;
      },
      (answer) => answer === 'asked /a /c /f /h; ',
    );
  });

  test('with a question that makes no sense refuse, or are refused themselves', async () => {
    const condition = (expression: string) => ({
      matchConditions: [{ name: 'may', expression }],
    });
    const path = "authorizer.path('').check('get').allowed()";
    await validate(hook('/v', [configMaps], condition(path)));
    const name = `m${String(count + 1)}`;
    const { status } = await refusalOf(create());
    assert.equal(
      status.message,
      `configmaps "${name}" is forbidden: expression '${path}' resulted in error: path must not be empty`,
    );
    const type = (of: string): string => `kubernetes.authorization.${of}`;
    const refused: readonly (readonly [string, string])[] = [
      ['authorizer', `must evaluate to bool but got ${type('Authorizer')}`],
      ['authorizer.requestResource', `must evaluate to bool but got ${type('ResourceCheck')}`],
      [
        "authorizer.foo('a')",
        "compilation failed: ERROR: <input>:1:15: undeclared reference to 'foo' (in container '')\n | authorizer.foo('a')\n | ..............^",
      ],
      [
        "authorizer.group('').check('a').allowed()",
        `compilation failed: ERROR: <input>:1:27: found no matching overload for 'check' applied to '${type('GroupCheck')}.(string)'\n | authorizer.group('').check('a').allowed()\n | ..........................^`,
      ],
      [
        'authorizer.requestResource == 1',
        `compilation failed: ERROR: <input>:1:28: found no matching overload for '_==_' applied to '(${type('ResourceCheck')}, int)'\n | authorizer.requestResource == 1\n | ...........................^`,
      ],
      [
        "authorizer.xyz.check('a').allowed()",
        `compilation failed: ERROR: <input>:1:11: unexpected failed resolution of '${type('Authorizer')}'\n | authorizer.xyz.check('a').allowed()\n | ..........^`,
      ],
    ];
    for (const [expression, problem] of refused) {
      const webhooks = [hook('/v', [configMaps], condition(expression))];
      const metadata = { name: 'suite-refused' };
      const { code, status } = await refusalOf(
        client.create(ValidatingWebhookConfiguration, { metadata, webhooks }),
      );
      assert.equal(code, 422);
      assert.equal(
        status.details?.causes?.[0]?.message,
        `Invalid value: ${JSON.stringify(expression)}: ${problem}`,
      );
    }
  });

  test('see the version that their rules name, of whatever version is written', async () => {
    const autoscalers = {
      apiGroups: ['autoscaling'],
      apiVersions: ['v1'],
      resources: ['horizontalpodautoscalers'],
      operations: ['CREATE'],
    };
    await validate(hook('/v', [autoscalers]), hook('/w', [autoscalers], { matchPolicy: 'Exact' }));
    const V2 = defineResource<HorizontalPodAutoscaler>({
      group: 'autoscaling',
      version: 'v2',
      kind: 'HorizontalPodAutoscaler',
      plural: 'horizontalpodautoscalers',
      scope: 'Namespaced',
    });
    const ref = { namespace, name: newName() };
    await client.create(V2, {
      metadata: ref,
      spec: {
        maxReplicas: 2,
        scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'x' },
      },
    });
    await client.delete(V2, ref);
    assert.deepEqual(calls(), ['/v']);
    const request = webhook.reviews[0]?.review.request;
    assert.deepEqual(
      [request?.kind.version, request?.requestKind.version, request?.object?.apiVersion],
      ['v1', 'v2', 'autoscaling/v1'],
    );
  });

  test('never see their own configurations', async () => {
    await validate(
      hook(
        '/v',
        [
          {
            apiGroups: ['*'],
            apiVersions: ['*'],
            resources: ['*'],
            operations: ['*'],
            scope: 'Cluster',
          },
        ],
        { objectSelector: { matchLabels: { suite: 'admission' } } },
      ),
    );
    webhook.answer('/v', (review) => answer(review, { allowed: false }));
    await configure('Validating', []);
    assert.deepEqual(calls(), []);
  });

  test('are told of a dry run', async () => {
    await validate(hook('/v', [configMaps], { sideEffects: 'NoneOnDryRun' }));
    await create({ dryRun: true });
    assert.deepEqual(
      webhook.reviews.map(({ review }) => review.request.dryRun),
      [true],
    );
  });

  test('may warn', async () => {
    const warnings: string[] = [];
    await validate(hook('/v', [configMaps]));
    webhook.answer('/v', (review) => answer(review, { allowed: true, warnings: ['großes 你好'] }));
    const { headers, body } = await client.raw({
      method: 'POST',
      path: `/api/v1/namespaces/${namespace}/configmaps`,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ metadata: { name: newName() } }),
    });
    for await (const chunk of body) assert.ok(chunk.length > 0);
    warnings.push(headers['warning'] ?? '');
    assert.deepEqual(warnings, ['299 - "großes 你好"']);
  });

  test('that mutate change the object before it is checked and stored', async () => {
    await configure('Mutating', [hook('/m', [configMaps])]);
    webhook.answer('/m', (review) =>
      answer(review, patch({ op: 'add', path: '/metadata/labels', value: { added: 'yes' } })),
    );
    const { metadata } = await create();
    assert.deepEqual(metadata.labels, { added: 'yes' });
    webhook.answer('/m', (review) =>
      answer(review, patch({ op: 'add', path: '/metadata/labels', value: { added: 'n o' } })),
    );
    assert.equal((await refusalOf(create())).reason, 'Invalid');
  });

  test('that mutate badly fail the request, in these words', async () => {
    await configure('Mutating', [hook('/m', [configMaps])]);
    for (const [what, response, message] of badPatches) {
      webhook.answer('/m', (review) => answer(review, response));
      const { status } = await refusalOf(create());
      assert.deepEqual(
        [status.code, status.message],
        [500, `Internal error occurred: ${message}`],
        what,
      );
    }
  });

  test('that mutate may not change a deletion', async () => {
    const { metadata } = await create();
    await configure('Mutating', [hook('/m', [{ ...configMaps, operations: ['DELETE'] }])]);
    webhook.answer('/m', (review) =>
      answer(review, patch({ op: 'add', path: '/data/b', value: '2' })),
    );
    const { status } = await refusalOf(
      client.delete(ConfigMap, { namespace, name: metadata.name ?? '' }),
    );
    assert.equal(
      status.message,
      'Internal error occurred: admission webhook "m.example.com" attempted to modify the object, which is not supported for this operation',
    );
  });

  test('that mutate are called by the names of their configurations, each once', async () => {
    for (const path of ['/a', '/b', '/c']) {
      webhook.answer(path, (review) =>
        answer(
          review,
          patch({
            op: 'add',
            path: `/data${path}1`,
            value: String(Object.keys(review.request.object?.data ?? {}).length),
          }),
        ),
      );
    }
    await configure('Mutating', [hook('/b', [configMaps]), hook('/a', [configMaps])], 'suite-z-');
    await configure('Mutating', [hook('/c', [configMaps])], 'suite-y-');
    const { data } = await create();
    assert.deepEqual(data, { a: '1', c1: '1', b1: '2', a1: '3' });
    assert.deepEqual(calls(), ['/c', '/b', '/a']);
  });

  test('that mutate are called again after a change, when they ask for it', async () => {
    webhook.answer('/c', (review) => answer(review, { allowed: true }));
    webhook.answer('/b', (review) =>
      answer(review, patch({ op: 'add', path: '/data/b1', value: 'x' })),
    );
    await configure('Mutating', [
      hook('/c', [configMaps], { reinvocationPolicy: 'IfNeeded' }),
      hook('/b', [configMaps]),
    ]);
    await create();
    assert.deepEqual(calls(), ['/c', '/b', '/c']);
  });

  test('that refuse leave nothing behind', async () => {
    await validate(hook('/v', [configMaps]));
    webhook.answer('/v', (review) => answer(review, { allowed: false }));
    const name = `m${String(count + 1)}`;
    await refusalOf(create());
    await assert.rejects(client.get(ConfigMap, { namespace, name }), isNotFound);
  });

  test('see a token that is asked for', async () => {
    await validate(
      hook('/v', [
        {
          apiGroups: [''],
          apiVersions: ['v1'],
          resources: ['serviceaccounts/token'],
          operations: ['CREATE'],
        },
      ]),
    );
    const name = newName();
    await client.create(ServiceAccount, { metadata: { namespace, name } });
    await client.rawJson({
      method: 'POST',
      path: `/api/v1/namespaces/${namespace}/serviceaccounts/${name}/token`,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        apiVersion: 'authentication.k8s.io/v1',
        kind: 'TokenRequest',
        spec: {},
      }),
    });
    const [seen] = webhook.reviews.filter(({ path }) => path === '/v');
    assert.deepEqual(
      [seen?.review.request.kind.kind, seen?.review.request.subResource],
      ['TokenRequest', 'token'],
    );
  });
});
