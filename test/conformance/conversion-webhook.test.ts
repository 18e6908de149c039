import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import {
  CustomResourceDefinition,
  defineResource,
  isNotFound,
  ResourceQuota,
  StatusError,
  type KubernetesObject,
  type Resource,
} from '@kubewright/apimachinery';
import { CertificateAuthority } from '@kubewright/apiserver';
import type { Client } from '@kubewright/client';
import { untilServed } from '@kubewright/cluster';
import { describeOnEachServer } from './on-each-server.ts';
import { refusalOf } from './refusal.ts';
import { TestWebhook, type WebhookAnswer } from './test-webhook.ts';
import { untilAnswer } from './until-answer.ts';
import { limitMs, untilGone, untilObject } from './until-object.ts';

interface Box extends KubernetesObject {
  spec?: { size?: number; count?: number; mode?: string };
}

/** A ConversionReview; what a webhook answers may have anything wrong with it. */
interface ConvertedBox {
  apiVersion: string;
  kind: string;
  metadata?: Record<string, unknown>;
  spec?: Record<string, unknown>;
}
interface ConversionReview {
  readonly apiVersion: string;
  readonly kind: string;
  readonly request: {
    readonly uid: string;
    readonly desiredAPIVersion: string;
    readonly objects: readonly ConvertedBox[];
  };
}
interface ConversionResponse {
  uid: string;
  result?: object;
  convertedObjects: unknown[];
}

const group = 'boxes.example.com';
const definition = { name: `boxes.${group}` };
const BoxV1 = boxResource('v1');
const BoxBeta = boxResource('v1beta1');

function boxResource(version: string): Resource<Box> {
  return defineResource<Box>({ group, version, kind: 'Box', plural: 'boxes', scope: 'Namespaced' });
}

function schema(field: string): object {
  return {
    type: 'object',
    properties: {
      spec: {
        type: 'object',
        properties: {
          [field]: { type: 'integer', maximum: 100 },
          mode: { type: 'string', default: field },
        },
      },
    },
  };
}

function manifest(clientConfig: object): CustomResourceDefinition {
  return {
    metadata: definition,
    spec: {
      group,
      scope: 'Namespaced',
      names: { kind: 'Box', plural: 'boxes' },
      versions: [
        { name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: schema('size') } },
        {
          name: 'v1beta1',
          served: true,
          storage: false,
          schema: { openAPIV3Schema: schema('count') },
        },
      ],
      conversion: {
        strategy: 'Webhook',
        webhook: { conversionReviewVersions: ['v1'], clientConfig },
      },
    },
  };
}

/** `size` is called `count` in v1beta1. */
function converted(review: ConversionReview): {
  apiVersion: string;
  kind: string;
  response: ConversionResponse & { convertedObjects: ConvertedBox[] };
} {
  const { uid, desiredAPIVersion, objects } = review.request;
  const convert = (object: ConvertedBox): ConvertedBox => {
    const { size, count, ...spec } = object.spec ?? {};
    const value = size ?? count;
    const member = desiredAPIVersion === `${group}/v1` ? 'size' : 'count';
    return { ...object, apiVersion: desiredAPIVersion, spec: { ...spec, [member]: value } };
  };
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'ConversionReview',
    response: {
      uid,
      result: { status: 'Success' },
      convertedObjects: objects.map(convert),
    },
  };
}

const subject = `conversion webhook for ${group}/v1beta1, Kind=Box`;

type Misdeed = readonly [
  what: string,
  misdo: (review: ConversionReview) => WebhookAnswer,
  message: string | RegExp,
];

/** A good answer, in which something was changed. */
function spoilt(
  spoil: (response: ConversionResponse, first: ConvertedBox) => void,
): (review: ConversionReview) => WebhookAnswer {
  return (review) => {
    const answer = converted(review);
    const [first] = answer.response.convertedObjects;
    if (first !== undefined) spoil(answer.response, first);
    return { review: answer };
  };
}

const misdeeds: readonly Misdeed[] = [
  [
    'refuses',
    spoilt((response) => {
      response.result = { status: 'Failed', message: 'I do not like it', code: 403 };
    }),
    `${subject} failed: I do not like it`,
  ],
  [
    'refuses without a reason',
    spoilt((response) => {
      response.result = { status: 'Failed' };
    }),
    `${subject} failed: response.result.status was 'Failed', not 'Success'`,
  ],
  [
    'gives no result',
    spoilt((response) => {
      delete response.result;
    }),
    `${subject} failed: response.result.status was '', not 'Success'`,
  ],
  [
    'answers another request',
    spoilt((response) => {
      response.uid = 'x';
    }),
    /^conversion webhook for boxes\.example\.com\/v1beta1, Kind=Box failed: expected response\.uid="[-0-9a-f]{36}", got "x"$/,
  ],
  [
    'answers too few objects',
    spoilt((response) => {
      response.convertedObjects = [];
    }),
    `${subject} returned 0 objects, expected 1`,
  ],
  [
    'answers too many objects',
    spoilt((response, first) => {
      response.convertedObjects = [first, first];
    }),
    `${subject} returned 2 objects, expected 1`,
  ],
  [
    'answers no object',
    spoilt((response) => {
      response.convertedObjects = ['x'];
    }),
    'json: cannot unmarshal string into Go value of type map[string]interface {}',
  ],
  [
    'does not convert',
    spoilt((_, first) => {
      first.apiVersion = `${group}/v1beta1`;
    }),
    `${subject} returned invalid object at index 0: invalid groupVersion (expected ${group}/v1, received ${group}/v1beta1)`,
  ],
  [
    'changes the kind',
    spoilt((_, first) => {
      first.kind = 'Crate';
    }),
    `${subject} returned invalid object at index 0: invalid kind (expected Box, received Crate)`,
  ],
  [
    'changes the name',
    spoilt((_, first) => {
      first.metadata = { ...first.metadata, name: 'other' };
    }),
    `${subject} returned invalid object: must have the same name: spoilt != other`,
  ],
  [
    'changes the uid',
    spoilt((_, first) => {
      first.metadata = { ...first.metadata, uid: 'other' };
    }),
    /^conversion webhook for .* returned invalid object: must have the same UID: [-0-9a-f]{36} != other$/,
  ],
  [
    'drops the metadata',
    spoilt((_, first) => {
      delete first.metadata;
    }),
    `${subject} returned invalid object: must have the same name: spoilt != `,
  ],
  [
    'sets a label that is none',
    spoilt((_, first) => {
      first.metadata = { ...first.metadata, labels: { a: 'b c!' } };
    }),
    /^conversion webhook for .* returned invalid metadata: metadata\.labels: Invalid value: "b c!": a valid label must be/,
  ],
  [
    'sets a label that is a number',
    spoilt((_, first) => {
      first.metadata = { ...first.metadata, labels: { a: 7 } };
    }),
    `${subject} returned invalid metadata: metadata.labels[a] must be a string, but is int64 in converted object`,
  ],
  [
    'gives no response',
    (review) => {
      const { response: _, ...rest } = converted(review);
      return { review: rest };
    },
    `${subject} failed: no response provided`,
  ],
  [
    'answers in a version that it was not asked in',
    (review) => ({ review: { ...converted(review), apiVersion: 'apiextensions.k8s.io/v1beta1' } }),
    `${subject} failed: converting (v1beta1.ConversionReview) to (v1.ConversionReview): unknown conversion`,
  ],
  [
    'answers something else',
    (review) => ({ review: { ...converted(review), kind: 'Other' } }),
    `${subject} failed: no kind "Other" is registered for version "apiextensions.k8s.io/v1" in scheme "pkg/runtime/scheme.go:111"`,
  ],
  [
    'answers half a text',
    () => ({ status: 200, contentType: 'application/json', text: '{' }),
    `${subject} failed: couldn't get version/kind; json parse error: unexpected end of JSON input`,
  ],
  [
    'fails with a text',
    () => ({ status: 500, text: 'oh no\n' }),
    `${subject} failed: an error on the server ("oh no") has prevented the request from succeeding`,
  ],
  [
    'fails with a Status',
    () => ({
      status: 400,
      contentType: 'application/json',
      text: JSON.stringify({
        kind: 'Status',
        apiVersion: 'v1',
        status: 'Failure',
        message: 'my status',
        reason: 'BadRequest',
        code: 400,
      }),
    }),
    `${subject} failed: my status`,
  ],
  [
    'is not there',
    () => ({ status: 404, text: 'no' }),
    `${subject} failed: the server could not find the requested resource`,
  ],
  [
    'cuts the connection',
    () => 'cut',
    /^conversion webhook for .* failed: Post "https:\/\/127\.0\.0\.1:\d+\/convert\?timeout=30s": EOF$/,
  ],
];

describeOnEachServer('a conversion webhook', {}, (environment) => {
  let client: Client;
  let namespace: string;
  let webhook: TestWebhook<ConversionReview>;

  before(async () => {
    client = await environment().client();
    namespace = await environment().newNamespace();
    webhook = await TestWebhook.start<ConversionReview>();
    webhook.answer('/convert', (review) => ({ review: converted(review) }));
    const made = manifest(webhook.clientConfig('/convert'));
    await client.create(CustomResourceDefinition, made);
    await untilServed(client, [made]);
  });

  beforeEach(() => {
    webhook.answer('/convert', (review) => ({ review: converted(review) }));
  });

  after(async () => {
    await client.delete(CustomResourceDefinition, definition);
    await untilGone(client, CustomResourceDefinition, definition);
    await webhook[Symbol.asyncDispose]();
  });

  async function create(name: string, count: number): Promise<Box> {
    return client.create(BoxBeta, { metadata: { namespace, name }, spec: { count } });
  }

  test('is told the version to convert to and the whole object', async () => {
    await create('told', 7);
    // Of this object, the first: a server asks about others meanwhile, for its cache of each version.
    const asked = webhook.reviews.find(({ review }) =>
      review.request.objects.some(({ metadata }) => metadata?.['name'] === 'told'),
    );
    assert.ok(asked !== undefined);
    const { apiVersion, kind, request } = asked.review;
    assert.equal(asked.path, '/convert');
    assert.deepEqual([apiVersion, kind], ['apiextensions.k8s.io/v1', 'ConversionReview']);
    assert.match(request.uid, /^[-0-9a-f]{36}$/);
    assert.equal(request.desiredAPIVersion, `${group}/v1`);
    const [object, ...others] = request.objects;
    assert.deepEqual(others, []);
    assert.deepEqual(
      [object?.apiVersion, object?.kind, object?.spec, object?.metadata?.['name']],
      [`${group}/v1beta1`, 'Box', { count: 7, mode: 'count' }, 'told'],
    );
  });

  test('may change labels and annotations, and nothing else of the metadata', async () => {
    webhook.answer(
      '/convert',
      spoilt((_, first) => {
        first.metadata = {
          ...first.metadata,
          labels: { a: 'b' },
          annotations: { c: 'd' },
          generation: 77,
          creationTimestamp: '2001-01-01T00:00:00Z',
          finalizers: ['a.example.com/b'],
        };
      }),
    );
    await create('metadata', 1);
    webhook.answer('/convert', (review) => ({ review: converted(review) }));
    const { metadata } = await client.get(BoxV1, { namespace, name: 'metadata' });
    assert.deepEqual(
      [metadata.labels, metadata.annotations, metadata.generation, metadata.finalizers],
      [{ a: 'b' }, { c: 'd' }, 1, undefined],
    );
    assert.notEqual(metadata.creationTimestamp, '2001-01-01T00:00:00Z');
  });

  test('makes objects readable that a selector chooses by name', async () => {
    await create('chosen', 3);
    const fieldSelector = 'metadata.name=chosen';
    const { items } = await client.list(BoxBeta, { namespace, fieldSelector });
    assert.deepEqual(
      items.map(({ spec }) => spec?.count),
      [3],
    );
    const all = await client.list(BoxV1, { fieldSelector: `metadata.namespace=${namespace}` });
    assert.ok(all.items.some(({ spec }) => spec?.size === 3));
    const signal = AbortSignal.timeout(limitMs);
    const { resourceVersion } = all.metadata;
    const merge = { type: 'merge', body: { spec: { size: 4 } } } as const;
    await client.patch(BoxV1, { namespace, name: 'chosen' }, merge);
    for await (const event of client.watch(BoxBeta, {
      namespace,
      fieldSelector,
      resourceVersion,
      signal,
    })) {
      if (event.type === 'BOOKMARK') continue;
      assert.equal(event.object.spec?.count, 4);
      break;
    }
  });

  test('may make what the schema forbids, but no fields that it does not have', async () => {
    webhook.answer(
      '/convert',
      spoilt((_, first) => {
        const { size, count } = first.spec ?? {};
        first.spec = size === undefined ? { count, extra: 1 } : { size: 1000, extra: 1 };
      }),
    );
    await create('forbidden', 1);
    const { spec } = await client.get(BoxV1, { namespace, name: 'forbidden' });
    assert.deepEqual(spec, { size: 1000, mode: 'size' });
  });

  test('is asked both ways for a dry run, whose answer shows what would be read', async () => {
    const merge = { type: 'merge', body: { spec: { count: 7 } } } as const;
    const metadata = { namespace, name: 'tried', finalizers: ['a.example.com/b'] };
    await client.create(BoxBeta, { metadata, spec: { count: 2 } });
    // The stored version knows even sizes only.
    webhook.answer(
      '/convert',
      spoilt((_, first) => {
        const { size, ...spec } = first.spec ?? {};
        first.spec = typeof size === 'number' ? { ...spec, size: size - (size % 2) } : spec;
      }),
    );
    const created = await client.create(
      BoxBeta,
      { metadata: { namespace, name: 'odd' }, spec: { count: 5 } },
      { dryRun: true },
    );
    const changed = await client.patch(BoxBeta, metadata, merge, { dryRun: true });
    assert.deepEqual([created.spec?.count, changed.spec?.count], [4, 6]);
    webhook.answer('/convert', (review) => ({ review: converted(review) }));
    const { spec } = await client.get(BoxV1, metadata);
    assert.equal(spec?.size, 2);
    await assert.rejects(client.get(BoxV1, { namespace, name: 'odd' }), isNotFound);
    const free = { type: 'merge', body: { metadata: { finalizers: null } } } as const;
    await client.patch(BoxV1, metadata, free);
  });

  test('leaves time for others between the check of a quota and the write, and no room', async () => {
    // Of its own: a quota is not to reach the other tests.
    const crowded = await environment().newNamespace();
    const counted = `count/boxes.${group}`;
    const quota = { namespace: crowded, name: 'two' };
    const hard = { [counted]: '2' };
    await client.create(ResourceQuota, { metadata: quota, spec: { hard } });
    if (environment().capabilities.controllers) {
      // Who looks at each new quota, and would write over what is told.
      await untilObject(client, ResourceQuota, quota, ({ status }) => status?.hard !== undefined);
    }
    // Told by hand: there may be no controller, and a real one knows new kinds only after half a minute.
    const tell = (used: string) =>
      client.patch(
        ResourceQuota,
        quota,
        { type: 'merge', body: { status: { hard, used: { [counted]: used } } } },
        { subresource: 'status' },
      );
    const make = (name: string, dryRun: boolean): Promise<string> =>
      client
        .create(BoxBeta, { metadata: { namespace: crowded, name }, spec: { count: 1 } }, { dryRun })
        .then(
          () => 'made',
          (error: unknown) => String(error),
        );
    const attempt = (): Promise<string> => make('probe', true);
    await tell('2');
    await untilAnswer(attempt, (outcome) => outcome.includes('exceeded quota: two'));
    await tell('0');
    await untilAnswer(attempt, (outcome) => outcome === 'made');
    const outcomes = await Promise.all(
      Array.from({ length: 8 }, (_, index) => make(`crowd-${index}`, false)),
    );
    assert.equal(outcomes.filter((outcome) => outcome === 'made').length, 2, outcomes.join('\n'));
    const { items } = await client.list(BoxV1, { namespace: crowded });
    assert.equal(items.length, 2);
  });

  for (const [what, misdo, message] of misdeeds) {
    test(`that ${what} fails the request, in these words`, async () => {
      webhook.answer('/convert', misdo);
      const { status } = await refusalOf(create('spoilt', 1));
      assert.deepEqual(
        [status.code, status.reason, status.details],
        [500, 'InternalError', undefined],
      );
      if (typeof message === 'string') assert.equal(status.message, message);
      else assert.match(status.message ?? '', message);
      await assert.rejects(client.get(BoxV1, { namespace, name: 'spoilt' }), isNotFound);
    });
  }

  test('that fails makes reads and writes of its version fail, and no others', async () => {
    const name = 'held';
    await client.create(BoxV1, { metadata: { namespace, name }, spec: { size: 1 } });
    webhook.answer('/convert', () => ({ status: 500, text: 'down' }));
    // One that a real server has not converted yet: it keeps what it has for lists.
    await client.create(BoxV1, { metadata: { namespace, name: 'unseen' }, spec: { size: 1 } });
    const failure =
      /^conversion webhook for boxes\.example\.com\/v1(beta1)?, Kind=Box failed: an error on the server \("down"\) has prevented the request from succeeding$/;
    const merge = { type: 'merge', body: { spec: { count: 2 } } } as const;
    for (const call of [
      () => client.get(BoxBeta, { namespace, name }),
      () => client.list(BoxBeta, { namespace }),
      () => client.patch(BoxBeta, { namespace, name }, merge),
      () => client.delete(BoxBeta, { namespace, name }),
    ]) {
      assert.match((await refusalOf(call())).status.message ?? '', failure);
    }
    const { items } = await client.list(BoxV1, { namespace });
    assert.ok(items.some(({ metadata }) => metadata.name === name));
    await client.delete(BoxV1, { namespace, name });
  });

  test('that fails makes an object forget who owns its fields, when an owner writes in the other version', async () => {
    const name = 'shared';
    await create(name, 1);
    webhook.answer('/convert', () => ({ status: 500, text: 'down' }));
    const merge = { type: 'merge', body: { spec: { size: 2 } } } as const;
    const { spec, metadata } = await client.patch(BoxV1, { namespace, name }, merge);
    assert.deepEqual([spec?.size, metadata.managedFields], [2, undefined]);
    const apply = { apiVersion: `${group}/v1`, kind: 'Box', metadata: { namespace, name } };
    await client.apply(
      BoxV1,
      { ...apply, spec: { size: 3 } },
      { fieldManager: 'one', force: true },
    );
  });

  test('that fails for a while holds up a watch, and nothing is lost', async () => {
    const { metadata } = await client.list(BoxBeta, { namespace });
    const signal = AbortSignal.timeout(limitMs);
    const { resourceVersion } = metadata;
    const seen: unknown[] = [];
    const watching = (async () => {
      for await (const event of client.watch(BoxBeta, { namespace, resourceVersion, signal })) {
        if (event.type === 'BOOKMARK') continue;
        seen.push([event.object.metadata.name, event.object.spec?.count]);
        if (seen.length === 2) return;
      }
    })();
    const asked = webhook.reviews.length;
    webhook.answer('/convert', () => ({ status: 500, text: 'down' }));
    await client.create(BoxV1, { metadata: { namespace, name: 'w1' }, spec: { size: 1 } });
    await client.create(BoxV1, { metadata: { namespace, name: 'w2' }, spec: { size: 2 } });
    while (webhook.reviews.length === asked) {
      signal.throwIfAborted();
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    webhook.answer('/convert', (review) => ({ review: converted(review) }));
    await watching;
    assert.deepEqual(seen, [
      ['w1', 1],
      ['w2', 2],
    ]);
  });

  test('is believed only under the authority of its definition, and at the address that it names', async () => {
    const other = await CertificateAuthority.create('another-ca');
    const { url, caBundle } = webhook.clientConfig('/convert');
    const lost = (at: string, why: string): string =>
      `${subject} failed: Post "${at}?timeout=30s": ${why}`;
    for (const [clientConfig, message] of [
      [
        { url, caBundle: Buffer.from(other.certificate).toString('base64') },
        lost(
          url,
          'tls: failed to verify certificate: x509: certificate signed by unknown authority',
        ),
      ],
      [
        { url: 'https://127.0.0.1:1/convert', caBundle },
        lost('https://127.0.0.1:1/convert', 'dial tcp 127.0.0.1:1: connect: connection refused'),
      ],
      [
        { service: { namespace, name: 'nobody', path: '/c' }, caBundle },
        lost(`https://nobody.${namespace}.svc:443/c`, 'service "nobody" not found'),
      ],
    ] as const) {
      await client.patch(CustomResourceDefinition, definition, {
        type: 'json',
        operations: [
          { op: 'replace', path: '/spec/conversion/webhook/clientConfig', value: clientConfig },
        ],
      });
      // A real server takes the change over some moments later.
      const lost = { metadata: { namespace, name: 'lost' }, spec: { count: 1 } };
      await untilAnswer(
        () =>
          client.create(BoxBeta, lost, { dryRun: true }).then(
            () => 'can be made',
            (error: unknown) =>
              error instanceof StatusError ? error.status.message : String(error),
          ),
        (said) => said === message,
      );
    }
  });
});
