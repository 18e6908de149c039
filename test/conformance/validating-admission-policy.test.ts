import assert from 'node:assert/strict';
import { afterEach, before, beforeEach, test } from 'node:test';
import {
  ClusterRole,
  ClusterRoleBinding,
  ConfigMap,
  CustomResourceDefinition,
  defineResource,
  Deployment,
  MutatingWebhookConfiguration,
  Namespace,
  PriorityClass,
  Role,
  RoleBinding,
  ServiceAccount,
  ValidatingAdmissionPolicy,
  ValidatingAdmissionPolicyBinding,
  ValidatingWebhookConfiguration,
  type HorizontalPodAutoscaler,
  type KubernetesObject,
  type Resource,
  type ValidatingAdmissionPolicyBindingSpec,
  type ValidatingAdmissionPolicySpec,
  type ValidatingWebhook,
  type Validation,
} from '@kubewright/apimachinery';
import type { Client } from '@kubewright/client';
import { untilServed } from '@kubewright/cluster';
import { describeOnEachServer } from './on-each-server.ts';
import { configMaps, TestPolicies } from './test-policies.ts';
import { refusalOf } from './refusal.ts';
import { TestWebhook } from './test-webhook.ts';
import { errorText, untilAnswer } from './until-answer.ts';

interface Review {
  readonly request: { readonly uid: string };
}

interface Refusal {
  readonly validation: Validation;
  readonly code: number;
  readonly reason: string;
  /** After `denied request: `. */
  readonly message: string;
}

const refusals: Readonly<Record<string, Refusal>> = {
  'its expression': {
    validation: { expression: ' 1 == 2 ' },
    code: 422,
    reason: 'Invalid',
    message: 'failed expression: 1 == 2',
  },
  'its message': {
    validation: { expression: 'false', message: ' no ' },
    code: 422,
    reason: 'Invalid',
    message: 'no',
  },
  'a message that is computed': {
    validation: {
      expression: 'false',
      message: 'no',
      messageExpression: "'no ' + object.metadata.name",
    },
    code: 422,
    reason: 'Invalid',
    message: 'no bad',
  },
  'what an optional holds': {
    validation: {
      expression: 'object.?data.zz.hasValue() || object.?spec.replicas.orValue(1) > 1',
      messageExpression: "'a is ' + object.?data['a'].orValue('nothing')",
    },
    code: 422,
    reason: 'Invalid',
    message: 'a is b',
  },
  'a formatted message': {
    validation: {
      expression: "'%s' == 'x'",
      messageExpression:
        "'%s: %s, %d of %.1f%%'.format([object.metadata.name, object.data, object.data.size(), 99.5])",
    },
    code: 422,
    reason: 'Invalid',
    message: 'bad: {"a":"b"}, 1 of 99.5%',
  },
  'the first of what it has, sorted': {
    validation: {
      expression: 'false',
      messageExpression: 'string(object.data.map(key, key).sortBy(key, key).first().value())',
    },
    code: 422,
    reason: 'Invalid',
    message: 'a',
  },
  'its message, when the computed one fails': {
    validation: { expression: 'false', message: 'no', messageExpression: 'string(object.data.z)' },
    code: 422,
    reason: 'Invalid',
    message: 'no',
  },
  'its message, when the computed one has two lines': {
    validation: { expression: 'false', message: 'no', messageExpression: "'a\\nb'" },
    code: 422,
    reason: 'Invalid',
    message: 'no',
  },
  'a reason of 403': {
    validation: { expression: 'false', message: 'no', reason: 'Forbidden' },
    code: 403,
    reason: 'Forbidden',
    message: 'no',
  },
  'a reason of 413': {
    validation: { expression: 'false', message: 'no', reason: 'RequestEntityTooLarge' },
    code: 413,
    reason: 'RequestEntityTooLarge',
    message: 'no',
  },
  'what went wrong': {
    validation: { expression: "object.data.z == 'y'", message: 'no', reason: 'Forbidden' },
    code: 422,
    reason: 'Invalid',
    message: "expression 'object.data.z == 'y'' resulted in error: no such key: z",
  },
};

/** What cannot be evaluated of an object whose data are `a: b` and `n: '1'`, and why. */
const failures: readonly (readonly [string, string])[] = [
  ['object.data.a < 1', 'no such overload'],
  ['dyn(1).size() == 1', 'no such overload: size'],
  ["object.data.lowerAscii() == ''", 'no such overload: lowerAscii(map)'],
  ["object.data.a.split('')[7] == 'x'", 'index out of bounds: 7'],
  ["object.data.a.substring(5) == ''", 'index out of range: 5'],
  ['int(object.data.a) == 1', "type conversion error from 'string' to 'int'"],
  [
    "duration(object.data.a) == duration('1s')",
    "type conversion error from 'string' to 'google.protobuf.Duration'",
  ],
  ['9223372036854775807 + int(object.data.n) == 1', 'integer overflow'],
  ['1 / (int(object.data.n) - 1) == 1', 'division by zero'],
  ['object.?data.zz.value() == 1', 'optional.none() dereference'],
  [
    "'%d'.format([object.data.a]) == '1'",
    'error during formatting: decimal clause can only be used on integers, was given string',
  ],
  ['object.data.a.hasValue()', 'no such overload: hasValue(string)'],
  ['object.data.zz.?a.hasValue()', 'no such key: zz'],
  ['object.data.a.all(x, true)', "got 'types.String', expected iterable type"],
];

type PolicySpec = Partial<ValidatingAdmissionPolicySpec>;

/** Specs that are refused, and the field and message of each cause. */
const brokenPolicies: readonly (readonly [string, PolicySpec, readonly string[]])[] = [
  [
    'of nothing',
    { validations: [], matchConstraints: {} },
    [
      'spec.matchConstraints.resourceRules: Required value',
      'spec.validations: Required value: validations or auditAnnotations must contain at least one item',
      'spec.auditAnnotations: Required value: validations or auditAnnotations must contain at least one item',
    ],
  ],
  [
    'with an expression that gives no bool',
    { validations: [{ expression: '1' }, { expression: 'object.data' }, { expression: 'foo' }] },
    [
      'spec.validations[0].expression: Invalid value: "1": must evaluate to bool but got int',
      'spec.validations[1].expression: Invalid value: "object.data": must evaluate to bool but got dyn',
      "spec.validations[2].expression: Invalid value: \"foo\": compilation failed: ERROR: <input>:1:1: undeclared reference to 'foo' (in container '')\n | foo\n | ^",
    ],
  ],
  [
    'with optionals that make no sense',
    {
      variables: [{ name: 'count', expression: 'object.?data.optMap(data, data.size())' }],
      validations: [
        { expression: 'object.?data' },
        { expression: 'has(object.?data)' },
        { expression: "object.?data.a + 'x' == 'y'" },
        { expression: "[?object.?data, 1, 'a'].size() == 1" },
        { expression: 'variables.?other.hasValue()' },
        { expression: 'variables.count.orValue(1)' },
      ],
    },
    [
      'spec.validations[0].expression: Invalid value: "object.?data": must evaluate to bool but got optional_type(dyn)',
      'spec.validations[1].expression: Invalid value: "has(object.?data)": compilation failed: ERROR: <input>:1:11: invalid argument to has() macro\n | has(object.?data)\n | ..........^',
      "spec.validations[2].expression: Invalid value: \"object.?data.a + 'x' == 'y'\": compilation failed: ERROR: <input>:1:16: found no matching overload for '_+_' applied to '(optional_type(dyn), string)'\n | object.?data.a + 'x' == 'y'\n | ...............^",
      "spec.validations[3].expression: Invalid value: \"[?object.?data, 1, 'a'].size() == 1\": compilation failed: ERROR: <input>:1:17: expected type 'dyn' but found 'int'\n | [?object.?data, 1, 'a'].size() == 1\n | ................^",
      'spec.validations[4].expression: Invalid value: "variables.?other.hasValue()": compilation failed: ERROR: <input>:1:10: undefined field \'other\'\n | variables.?other.hasValue()\n | .........^',
      'spec.validations[5].expression: Invalid value: "variables.count.orValue(1)": must evaluate to bool but got int',
    ],
  ],
  [
    'with formats that do not fit',
    {
      validations: [
        { expression: "'%d'.format([object.metadata.name, 'x']) == 'y'" },
        { expression: "'%d'.format(['x']) == 'y'" },
      ],
    },
    [
      "spec.validations[0].expression: Invalid value: \"'%d'.format([object.metadata.name, 'x']) == 'y'\": compilation failed: ERROR: <input>:1:12: too many arguments supplied to string.format (expected 1, got 2)\n | '%d'.format([object.metadata.name, 'x']) == 'y'\n | ...........^",
      "spec.validations[1].expression: Invalid value: \"'%d'.format(['x']) == 'y'\": compilation failed: ERROR: <input>:1:14: error during formatting: decimal clause can only be used on integers, was given string\n | '%d'.format(['x']) == 'y'\n | .............^",
    ],
  ],
  [
    'with a time or a pattern that is none',
    {
      validations: [
        { expression: "duration('1x') == duration('1s')" },
        { expression: "timestamp('x') == timestamp('2020-01-01T00:00:00Z')" },
        { expression: "object.data.a.matches('[')" },
      ],
    },
    [
      "spec.validations[0].expression: Invalid value: \"duration('1x') == duration('1s')\": compilation failed: ERROR: <input>:1:10: invalid duration argument\n | duration('1x') == duration('1s')\n | .........^",
      "spec.validations[1].expression: Invalid value: \"timestamp('x') == timestamp('2020-01-01T00:00:00Z')\": compilation failed: ERROR: <input>:1:11: invalid timestamp argument\n | timestamp('x') == timestamp('2020-01-01T00:00:00Z')\n | ..........^",
      "spec.validations[2].expression: Invalid value: \"object.data.a.matches('[')\": compilation failed: ERROR: <input>:1:23: invalid matches argument\n | object.data.a.matches('[')\n | ......................^",
    ],
  ],
  [
    'with a message that makes no sense',
    {
      validations: [
        { expression: 'true', message: ' ' },
        { expression: 'true', message: 'a\nb', messageExpression: '1' },
        { expression: 'true', messageExpression: ' ', reason: 'NotFound' },
      ],
    },
    [
      'spec.validations[0].message: Invalid value: " ": must be non-empty if specified',
      'spec.validations[1].messageExpression: Invalid value: "1": must evaluate to string but got int',
      'spec.validations[1].message: Invalid value: "a\\nb": must not contain line breaks',
      'spec.validations[2].messageExpression: Invalid value: " ": must be non-empty if specified',
      'spec.validations[2].reason: Unsupported value: "NotFound": supported values: "Forbidden", "Invalid", "RequestEntityTooLarge"',
    ],
  ],
  [
    'with a message that asks what the user may do',
    {
      validations: [
        {
          expression: 'true',
          messageExpression: "authorizer.path('/').check('get').reason()",
        },
      ],
    },
    [
      "spec.validations[0].messageExpression: Invalid value: \"authorizer.path('/').check('get').reason()\": compilation failed: ERROR: <input>:1:1: undeclared reference to 'authorizer' (in container '')\n | authorizer.path('/').check('get').reason()\n | ^",
    ],
  ],
  [
    'with variables that make no sense',
    {
      variables: [
        { name: 'in', expression: '1' },
        { name: 'a', expression: '1' },
        { name: 'b', expression: "variables.a + 'x'" },
        { name: 'c', expression: 'variables.d' },
      ],
      validations: [{ expression: 'variables.e' }],
    },
    [
      'spec.variables[0].name: Invalid value: "in": must be a valid CEL identifier',
      "spec.variables[2].expression: Invalid value: \"variables.a + 'x'\": compilation failed: ERROR: <input>:1:13: found no matching overload for '_+_' applied to '(int, string)'\n | variables.a + 'x'\n | ............^",
      'spec.variables[3].expression: Invalid value: "variables.d": compilation failed: ERROR: <input>:1:10: undefined field \'d\'\n | variables.d\n | .........^',
      'spec.validations[0].expression: Invalid value: "variables.e": compilation failed: ERROR: <input>:1:10: undefined field \'e\'\n | variables.e\n | .........^',
    ],
  ],
  [
    'with parameters that it does not declare',
    { validations: [{ expression: 'params.data.a == "b"' }] },
    [
      'spec.validations[0].expression: Invalid value: "params.data.a == \\"b\\"": compilation failed: ERROR: <input>:1:1: undeclared reference to \'params\' (in container \'\')\n | params.data.a == "b"\n | ^',
    ],
  ],
  [
    'with a kind of parameters that cannot be one',
    { paramKind: { apiVersion: 'a/b/c', kind: '' } },
    [
      'spec.paramKind.apiVersion: Invalid value: "a/b/c": unexpected GroupVersion string: a/b/c',
      'spec.paramKind.kind: Required value',
    ],
  ],
  [
    'whose conditions have the same name',
    {
      matchConditions: [
        { name: 'a', expression: 'true' },
        { name: 'a', expression: 'variables.x' },
      ],
    },
    [
      "spec.matchConditions[1].expression: Invalid value: \"variables.x\": compilation failed: ERROR: <input>:1:1: undeclared reference to 'variables' (in container '')\n | variables.x\n | ^",
      'spec.matchConditions[1].name: Duplicate value: "a"',
    ],
  ],
  [
    'with notes for the audit log that are no texts',
    {
      auditAnnotations: [
        { key: 'a', valueExpression: '1' },
        { key: 'a', valueExpression: "'x'" },
      ],
    },
    [
      'spec.auditAnnotations[0].valueExpression: Invalid value: "1": must evaluate to one of [string null_type] but got int',
      'spec.auditAnnotations[1].key: Duplicate value: "a"',
    ],
  ],
];

/** Specs of bindings that are refused, likewise. */
const brokenBindings: readonly (readonly [
  string,
  Partial<ValidatingAdmissionPolicyBindingSpec>,
  readonly string[],
])[] = [
  [
    'with actions that exclude each other',
    { validationActions: ['Deny', 'Warn', 'Deny', 'Log'] },
    [
      'spec.validationActions[2]: Duplicate value: "Deny"',
      'spec.validationActions[3]: Unsupported value: "Log": supported values: "Audit", "Deny", "Warn"',
      'spec.validationActions: Invalid value: ["Deny","Warn","Deny","Log"]: must not contain both Deny and Warn (repeating the same validation failure information in the API response and headers serves no purpose)',
    ],
  ],
  [
    'without an action',
    { validationActions: [] },
    ['spec.validationActions: Required value: at least one validation action is required'],
  ],
  [
    'with parameters by name and by selector',
    { paramRef: { name: 'a', selector: {}, parameterNotFoundAction: 'Ask' } },
    [
      'spec.paramRef.name: Forbidden: name and selector are mutually exclusive',
      'spec.paramRef.selector: Forbidden: name and selector are mutually exclusive',
      'spec.paramRef.parameterNotFoundAction: Unsupported value: "Ask": supported values: "Deny", "Allow"',
    ],
  ],
  [
    'with parameters by nothing',
    { paramRef: {} },
    [
      'spec.paramRef: Required value: one of name or selector must be specified',
      'spec.paramRef.parameterNotFoundAction: Required value',
    ],
  ],
];

describeOnEachServer('validating admission policies', {}, (environment) => {
  let client: Client;
  /** A new one for each test: what another test has put in force is about another one. */
  let namespace: string;
  let policies: TestPolicies;

  before(async () => {
    client = await environment().client();
    policies = new TestPolicies(client, await environment().newNamespace());
  });

  beforeEach(async () => {
    namespace = await environment().newNamespace();
  });

  afterEach(async () => policies.clear());

  function draft(name = 'bad', more: Partial<ConfigMap> = {}): ConfigMap {
    return { metadata: { namespace, name }, ...more };
  }

  async function create(name = 'bad', more: Partial<ConfigMap> = {}): Promise<unknown> {
    return client.create(ConfigMap, draft(name, more), { dryRun: true });
  }

  /** What a policy refuses with, without its own name; empty for nothing. */
  async function answerTo(call: Promise<unknown>): Promise<string> {
    const text = await errorText(call);
    return text.split('denied request: ')[1] ?? text;
  }

  /** Warnings of the answer to a request that must succeed. */
  async function warningsOf(object: ConfigMap): Promise<string | undefined> {
    const { headers, body } = await client.raw({
      method: 'POST',
      path: `/api/v1/namespaces/${namespace}/configmaps?dryRun=All`,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(object),
    });
    for await (const chunk of body) assert.ok(chunk.length > 0);
    return headers['warning'];
  }

  for (const [what, { validation, code, reason, message }] of Object.entries(refusals)) {
    test(`refuse with ${what}`, async () => {
      const name = await policies.enforce(namespace, { policy: { validations: [validation] } });
      const { status } = await refusalOf(create('bad', { data: { a: 'b' } }));
      const explanation = `ValidatingAdmissionPolicy '${name}' with binding '${name}' denied request: ${message}`;
      assert.deepEqual(status, {
        kind: 'Status',
        apiVersion: 'v1',
        metadata: {},
        status: 'Failure',
        message: `configmaps "bad" is forbidden: ${explanation}`,
        reason,
        details: { name: 'bad', kind: 'configmaps', causes: [{ message: explanation }] },
        code,
      });
    });
  }

  test('refuse with the first of several things that are wrong', async () => {
    await policies.enforce(namespace, {
      policy: {
        validations: [
          { expression: 'true', message: 'none' },
          { expression: 'false', message: 'first', reason: 'Forbidden' },
          { expression: 'false', message: 'second' },
        ],
      },
    });
    const { code, status } = await refusalOf(create());
    assert.equal(code, 403);
    assert.equal(status.details?.causes?.length, 1);
    assert.equal(await answerTo(create()), 'first');
  });

  test('let through what meets all expressions, and store it', async () => {
    await policies.enforce(namespace, {
      policy: { validations: [{ expression: "object.data.a == 'b'" }] },
    });
    const { data } = await client.create(ConfigMap, draft('good', { data: { a: 'b' } }));
    assert.deepEqual(data, { a: 'b' });
  });

  test('may only warn', async () => {
    const name = await policies.enforce(namespace, { binding: { validationActions: ['Warn'] } });
    assert.equal(
      await warningsOf(draft()),
      `299 - "Validation failed for ValidatingAdmissionPolicy '${name}' with binding '${name}': no"`,
    );
  });

  test('say what cannot be evaluated in these words', async () => {
    const name = await policies.enforce(namespace, {
      policy: { validations: failures.map(([expression]) => ({ expression })) },
      binding: { validationActions: ['Warn'] },
    });
    const warnings = failures.map(([expression, words]) =>
      JSON.stringify(
        `Validation failed for ValidatingAdmissionPolicy '${name}' with binding '${name}': expression '${expression}' resulted in error: ${words}`,
      ),
    );
    assert.equal(
      await warningsOf(draft('bad', { data: { a: 'b', n: '1' } })),
      warnings.map((warning) => `299 - ${warning}`).join(', '),
    );
  });

  test('may only be written to the audit log', async () => {
    await policies.enforce(namespace, { binding: { validationActions: ['Audit'] } });
    assert.equal(await warningsOf(draft()), undefined);
  });

  test('are asked of updates and deletions, with the object as it was', async () => {
    await client.create(ConfigMap, draft('kept', { data: { a: 'b' } }));
    await policies.enforce(namespace, {
      rules: [{ ...configMaps, operations: ['UPDATE', 'DELETE'] }],
      policy: {
        validations: [
          {
            expression: "request.operation == 'DELETE' || object.data.a == oldObject.data.a",
            message: 'it stays',
          },
          {
            expression: "request.operation == 'UPDATE' || object != null",
            messageExpression: "'delete ' + oldObject.metadata.name",
          },
        ],
      },
    });
    const ref = { namespace, name: 'kept' };
    const patch = async (data: object): Promise<unknown> =>
      client.patch(ConfigMap, ref, { type: 'merge', body: { data } });
    assert.equal(await answerTo(patch({ a: 'c' })), 'it stays');
    assert.equal(await answerTo(patch({ b: 'c' })), '');
    assert.equal(await answerTo(client.delete(ConfigMap, ref)), 'delete kept');
  });

  test('are asked of what is applied, and of each object that is deleted with others', async () => {
    await client.create(ConfigMap, draft('kept'));
    await policies.enforce(namespace, {
      rules: [{ ...configMaps, operations: ['*'] }],
      policy: {
        validations: [
          {
            expression: "(object == null ? oldObject : object).metadata.name != 'kept'",
            messageExpression:
              "request.operation + ' ' + request.options.kind + ' ' + (has(request.name) ? request.name : '-')",
          },
        ],
      },
    });
    const apply = async (name: string): Promise<unknown> =>
      client.apply(
        ConfigMap,
        { metadata: { namespace, name }, data: { a: 'b' } },
        { fieldManager: 'suite' },
      );
    assert.equal(await answerTo(apply('gone')), '');
    assert.equal(await answerTo(apply('kept')), 'UPDATE UpdateOptions kept');
    assert.equal(
      await answerTo(client.deleteAllOf(ConfigMap, { namespace })),
      'DELETE DeleteOptions -',
    );
    assert.equal((await client.get(ConfigMap, { namespace, name: 'kept' })).data, undefined);
  });

  test('see subresources, and the kind that these have', async () => {
    const ref = { namespace, name: 'scaled' };
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
    await policies.enforce(namespace, {
      rules: [
        {
          apiGroups: ['apps'],
          apiVersions: ['v1'],
          resources: ['deployments/scale'],
          operations: ['UPDATE'],
        },
      ],
      policy: {
        validations: [
          {
            expression: 'object.spec.replicas < 5',
            messageExpression:
              "request.kind.kind + ' ' + request.resource.resource + ' ' + request.subResource",
          },
        ],
      },
    });
    await client.setScale(Deployment, ref, 2);
    const { status } = await refusalOf(client.setScale(Deployment, ref, 9));
    assert.match(
      status.message ?? '',
      /^deployments.apps "scaled" is forbidden: .* denied request: Scale deployments scale$/,
    );
    await client.delete(Deployment, ref);
  });

  test('compute variables from each other, and only those that are asked for', async () => {
    await policies.enforce(namespace, {
      policy: {
        variables: [
          { name: 'broken', expression: "object.data.nothing == 'x'" },
          { name: 'keys', expression: 'object.data.map(key, key)' },
          { name: 'count', expression: 'variables.keys.size()' },
        ],
        validations: [
          {
            expression: 'variables.count < 2 && has(variables.keys)',
            messageExpression: "'too many: ' + string(variables.count)",
          },
          { expression: "!('ask' in object.data) || variables.broken" },
        ],
      },
    });
    assert.equal(await answerTo(create('good', { data: { a: '1' } })), '');
    assert.equal(await answerTo(create('bad', { data: { a: '1', b: '2' } })), 'too many: 2');
    assert.equal(
      await answerTo(create('bad', { data: { ask: '1' } })),
      "expression '!('ask' in object.data) || variables.broken' resulted in error: composited variable \"broken\" fails to evaluate: no such key: nothing",
    );
  });

  test('refuse when an expression takes too much', async () => {
    const expression =
      'variables.all.all(x, variables.all.all(y, variables.all.all(z, x + y + z != "")))';
    await policies.enforce(namespace, {
      policy: {
        variables: [{ name: 'all', expression: "object.data.a.split('')" }],
        validations: [{ expression }],
      },
    });
    assert.equal(await answerTo(create('good', { data: { a: 'abc' } })), '');
    assert.equal(
      await answerTo(create('bad', { data: { a: 'a'.repeat(500) } })),
      `expression '${expression}' resulted in error: operation cancelled: actual cost limit exceeded`,
    );
  });

  test('let through what cannot be evaluated, when failures are ignored', async () => {
    await policies.enforce(namespace, {
      policy: {
        failurePolicy: 'Ignore',
        validations: [
          { expression: "object.data.z == 'y'" },
          { expression: "object.metadata.name != 'bad'", message: 'no' },
        ],
      },
    });
    assert.equal(await answerTo(create('good')), '');
    assert.equal(await answerTo(create('bad')), 'no');
  });

  test('are asked only when all their conditions are met', async () => {
    await policies.enforce(namespace, {
      policy: {
        matchConditions: [
          { name: 'named', expression: "object.metadata.name.startsWith('bad')" },
          { name: 'outside', expression: 'namespaceObject == null' },
        ],
      },
    });
    assert.equal(await answerTo(create('good')), '');
    assert.equal(await answerTo(create('bad')), 'no');
  });

  test('refuse when a condition fails, unless another is not met', async () => {
    await policies.enforce(namespace, {
      policy: {
        matchConditions: [
          { name: 'broken', expression: "object.data.z == 'y'" },
          { name: 'also', expression: "object.data.y == 'z'" },
          { name: 'named', expression: "object.metadata.name != 'good'" },
        ],
      },
    });
    assert.equal(await answerTo(create('good', { data: { a: 'b' } })), '');
    assert.equal(
      await answerTo(create('bad', { data: { a: 'b' } })),
      "[expression 'object.data.z == 'y'' resulted in error: no such key: z, expression 'object.data.y == 'z'' resulted in error: no such key: y]",
    );
  });

  test('leave alone what they exclude, and what they do not name', async () => {
    await policies.enforce(namespace, {
      policy: {
        matchConstraints: {
          namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } },
          resourceRules: [{ ...configMaps, resourceNames: ['bad', 'worse'] }],
          excludeResourceRules: [{ ...configMaps, resourceNames: ['worse', 'worst'] }],
        },
      },
    });
    assert.equal(await answerTo(create('good')), '');
    assert.equal(await answerTo(create('worse')), '');
    assert.equal(await answerTo(create('bad')), 'no');
  });

  test('are narrowed by what their binding matches', async () => {
    await policies.enforce(namespace, {
      rules: [{ ...configMaps, operations: ['*'] }],
      binding: {
        matchResources: {
          objectSelector: { matchLabels: { watched: 'yes' } },
          resourceRules: [configMaps],
        },
      },
    });
    const labels = { watched: 'yes' };
    assert.equal(await answerTo(create('good')), '');
    assert.equal(
      await answerTo(create('bad', { metadata: { namespace, name: 'bad', labels } })),
      'no',
    );
  });

  test('judge nothing without a binding', async () => {
    const name = await policies.enforce(namespace, {});
    assert.equal(await answerTo(create()), 'no');
    await client.delete(ValidatingAdmissionPolicyBinding, { name });
    await untilAnswer(
      () => answerTo(create()),
      (text) => text === '',
    );
  });

  test('are asked once for each binding, and all of them count', async () => {
    const name = await policies.enforce(namespace, { binding: { validationActions: ['Warn'] } });
    const second = `${name}-second`;
    await client.create(ValidatingAdmissionPolicyBinding, {
      metadata: { name: second },
      spec: { policyName: name, validationActions: ['Deny'] },
    });
    const text = await untilAnswer(
      () => errorText(create()),
      (answer) => answer !== '',
    );
    await client.delete(ValidatingAdmissionPolicyBinding, { name: second });
    assert.match(text, new RegExp(`'${name}' with binding '${second}' denied request: no$`));
  });

  test('follow a change of what they say', async () => {
    const name = await policies.enforce(namespace, {});
    await client.patch(
      ValidatingAdmissionPolicy,
      { name },
      {
        type: 'merge',
        body: { spec: { validations: [{ expression: 'false', message: 'other' }] } },
      },
    );
    await untilAnswer(
      () => answerTo(create()),
      (text) => text === 'other',
    );
  });

  test('see the namespace and the request', async () => {
    await policies.enforce(namespace, {
      policy: {
        validations: [
          {
            expression: 'false',
            messageExpression:
              "[namespaceObject.metadata.name, namespaceObject.metadata.labels['kubernetes.io/metadata.name'], request.namespace, request.name, request.operation, request.resource.resource, string(request.dryRun), string('system:authenticated' in request.userInfo.groups), string(oldObject == null)].join(' ')",
          },
        ],
      },
    });
    assert.equal(
      await answerTo(create()),
      `${namespace} ${namespace} ${namespace} bad CREATE configmaps true true true`,
    );
  });

  test('see no namespace of an object that has none', async () => {
    const name = `suite-${namespace}`;
    await policies.enforce(namespace, {
      policy: {
        matchConstraints: {
          objectSelector: { matchLabels: { suite: name } },
          resourceRules: [
            {
              apiGroups: ['', 'scheduling.k8s.io'],
              apiVersions: ['v1'],
              resources: ['namespaces', 'priorityclasses'],
              operations: ['CREATE'],
            },
          ],
        },
        validations: [
          {
            expression: 'false',
            messageExpression: "'none: ' + string(namespaceObject == null)",
          },
        ],
      },
    });
    const metadata = { name, labels: { suite: name } };
    assert.equal(await answerTo(client.create(Namespace, { metadata })), 'none: true');
    assert.equal(
      await answerTo(client.create(PriorityClass, { metadata, value: 1 })),
      'none: true',
    );
  });

  test('may ask what the user may do', async () => {
    const apiGroup = 'rbac.authorization.k8s.io';
    const metadata = { namespace, name: 'writer' };
    await client.create(Role, {
      metadata,
      rules: [{ apiGroups: [''], resources: ['configmaps'], verbs: ['create'] }],
    });
    await client.create(RoleBinding, {
      metadata,
      roleRef: { apiGroup, kind: 'Role', name: 'writer' },
      subjects: [{ apiGroup, kind: 'User', name: 'alice' }],
    });
    await policies.enforce(namespace, {
      policy: {
        variables: [
          { name: 'may', expression: "authorizer.requestResource.check('delete').allowed()" },
        ],
        validations: [{ expression: 'variables.may', message: 'who may not delete' }],
      },
    });
    const alice = await environment().client({ user: 'alice' });
    await untilAnswer(
      () => answerTo(alice.create(ConfigMap, draft(), { dryRun: true })),
      (text) => text === 'who may not delete',
    );
    assert.equal(await answerTo(create()), '');
  });

  test('see webhook configurations, and never policies and their bindings', async () => {
    await policies.enforce(namespace, {
      policy: {
        matchConstraints: {
          objectSelector: { matchLabels: { suite: namespace } },
          resourceRules: [
            { apiGroups: ['*'], apiVersions: ['*'], resources: ['*'], operations: ['*'] },
          ],
        },
      },
    });
    const labels = { suite: namespace };
    const metadata = { name: `suite-${namespace}`, labels };
    assert.equal(await answerTo(client.create(Namespace, { metadata })), 'no');
    const options = { dryRun: true };
    assert.equal(
      await answerTo(
        client.create(ValidatingWebhookConfiguration, { metadata, webhooks: [] }, options),
      ),
      'no',
    );
    await client.create(
      ValidatingAdmissionPolicyBinding,
      { metadata, spec: { policyName: 'any', validationActions: ['Deny'] } },
      options,
    );
  });

  test('see the version that their rules name, of whatever version is written', async () => {
    const V2 = defineResource<HorizontalPodAutoscaler>({
      group: 'autoscaling',
      version: 'v2',
      kind: 'HorizontalPodAutoscaler',
      plural: 'horizontalpodautoscalers',
      scope: 'Namespaced',
    });
    const rules = [
      {
        apiGroups: ['autoscaling'],
        apiVersions: ['v1'],
        resources: ['horizontalpodautoscalers'],
        operations: ['CREATE'],
      },
    ];
    const validations = [
      {
        expression: 'false',
        messageExpression:
          "object.apiVersion + ' ' + request.kind.version + ' ' + request.requestKind.version",
      },
    ];
    const namespaceSelector = { matchLabels: { 'kubernetes.io/metadata.name': namespace } };
    await policies.enforce(namespace, {
      policy: {
        validations,
        matchConstraints: { resourceRules: rules, namespaceSelector, matchPolicy: 'Exact' },
      },
    });
    const object = {
      metadata: { namespace, name: 'bad' },
      spec: {
        maxReplicas: 2,
        scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'x' },
      },
    };
    assert.equal(await answerTo(client.create(V2, object, { dryRun: true })), '');
    await policies.enforce(namespace, { rules, policy: { validations } });
    assert.equal(
      await answerTo(client.create(V2, object, { dryRun: true })),
      'autoscaling/v1 v1 v2',
    );
  });

  /** Servers follow parameters as they follow policies. */
  async function untilAnswered(name: string, answer: string): Promise<void> {
    await untilAnswer(
      () => answerTo(create(name)),
      (text) => text === answer,
    );
  }

  // A kind that a real server watches for itself too: of other built-in kinds it shows what it saw before the last policy
  // with such parameters went.
  const paramKind = { apiVersion: 'v1', kind: 'ServiceAccount' };
  const params = (name: string, prefix: string, inside = namespace): ServiceAccount => ({
    metadata: {
      namespace: inside,
      name,
      labels: { use: 'params' },
      annotations: { prefix },
    },
  });
  const byParams = {
    paramKind,
    validations: [
      {
        expression: 'object.metadata.name.startsWith(params.metadata.annotations.prefix)',
        messageExpression:
          "params.kind + ' ' + params.apiVersion + ' wants ' + params.metadata.annotations.prefix",
      },
    ],
  };

  test('are asked with the parameters that the binding names, in the namespace of the request', async () => {
    await client.create(ServiceAccount, params('params', 'good'));
    await policies.enforce(namespace, {
      policy: byParams,
      binding: { paramRef: { name: 'params', parameterNotFoundAction: 'Deny' } },
    });
    await untilAnswered('good', '');
    assert.equal(await answerTo(create('bad')), 'ServiceAccount v1 wants good');
    const ref = { namespace, name: 'params' };
    const body = { metadata: { annotations: { prefix: 'b' } } };
    await client.patch(ServiceAccount, ref, { type: 'merge', body });
    await untilAnswered('bad', '');
    await client.delete(ServiceAccount, ref);
    await untilAnswered(
      'bad',
      'failed to configure binding: no params found for policy binding with `Deny` parameterNotFoundAction',
    );
  });

  test('are asked once for each of the parameters that the binding selects', async () => {
    const elsewhere = await environment().newNamespace();
    for (const prefix of ['b', 'ba']) {
      await client.create(ServiceAccount, params(prefix, prefix, elsewhere));
    }
    await policies.enforce(namespace, {
      policy: byParams,
      binding: {
        paramRef: {
          namespace: elsewhere,
          selector: { matchLabels: { use: 'params' } },
          parameterNotFoundAction: 'Deny',
        },
      },
    });
    await untilAnswered('bed', 'ServiceAccount v1 wants ba');
    assert.equal(await answerTo(create('bad')), '');
  });

  test('are not asked when parameters may be missing', async () => {
    await policies.enforce(namespace, {
      policy: { paramKind },
      binding: { paramRef: { name: 'nothing', parameterNotFoundAction: 'Allow' } },
    });
    assert.equal(await answerTo(create()), '');
  });

  test('are asked without parameters when their binding names none', async () => {
    await policies.enforce(namespace, {
      policy: { ...byParams, validations: [{ expression: 'params != null', message: 'none' }] },
    });
    assert.equal(await answerTo(create()), 'none');
  });

  test('take parameters that have no namespace', async () => {
    await policies.enforce(namespace, {
      policy: {
        paramKind: { apiVersion: 'v1', kind: 'Namespace' },
        validations: [{ expression: 'false', messageExpression: 'string(params.metadata.name)' }],
      },
      binding: { paramRef: { name: namespace, parameterNotFoundAction: 'Deny' } },
    });
    await untilAnswered('bad', namespace);
  });

  test('refuse when a namespace is named for parameters that have none', async () => {
    await policies.enforce(namespace, {
      policy: { paramKind: { apiVersion: 'v1', kind: 'Namespace' } },
      binding: { paramRef: { name: namespace, namespace, parameterNotFoundAction: 'Deny' } },
    });
    assert.equal(
      await answerTo(create()),
      'failed to configure binding: paramRef.namespace must not be provided for a cluster-scoped `paramKind`',
    );
  });

  test('take parameters of a custom kind, and refuse while there is no such kind', async () => {
    const plural = `limits${namespace.replace(/[^a-z0-9]/g, '')}`;
    const group = 'policies.example.com';
    const names = { plural, kind: `Limit${plural}`, singular: plural, listKind: `L${plural}` };
    const name = await policies.enforce(namespace, {
      policy: {
        paramKind: { apiVersion: `${group}/v1`, kind: names.kind },
        validations: [{ expression: 'object.data.size() <= params.spec.most' }],
      },
      binding: { paramRef: { name: 'params', parameterNotFoundAction: 'Deny' } },
    });
    const { status } = await refusalOf(create());
    assert.equal(
      status.message,
      `configmaps "bad" is forbidden: ValidatingAdmissionPolicy '${name}' denied request: failed to configure policy: failed to find resource referenced by paramKind: '${group}/v1, Kind=${names.kind}'`,
    );
    const Limit = defineResource<KubernetesObject & { spec: { most: number } }>({
      group,
      version: 'v1',
      kind: names.kind,
      plural,
      scope: 'Namespaced',
    });
    const properties = { most: { type: 'integer' } };
    const definition = {
      metadata: { name: `${plural}.${group}` },
      spec: {
        group,
        scope: 'Namespaced',
        names,
        versions: [
          {
            name: 'v1',
            served: true,
            storage: true,
            schema: {
              openAPIV3Schema: {
                type: 'object',
                properties: { spec: { type: 'object', properties } },
              },
            },
          },
        ],
      },
    };
    await client.create(CustomResourceDefinition, definition);
    await untilServed(client, [definition]);
    await client.create(Limit, { metadata: { namespace, name: 'params' }, spec: { most: 1 } });
    await untilAnswer(
      () => answerTo(create('bad', { data: { a: '1', b: '2' } })),
      (text) => text === 'failed expression: object.data.size() <= params.spec.most',
    );
    assert.equal(await answerTo(create('good', { data: { a: '1' } })), '');
    await client.delete(CustomResourceDefinition, { name: `${plural}.${group}` });
  });

  test('refuse when what the audit log is to be told fails', async () => {
    await policies.enforce(namespace, {
      policy: {
        validations: [],
        auditAnnotations: [{ key: 'note', valueExpression: "'note: ' + object.data.note" }],
      },
      binding: { validationActions: ['Audit'] },
    });
    assert.equal(await answerTo(create('good', { data: { note: 'x' } })), '');
    assert.equal(
      await answerTo(create('bad', { data: { a: 'b' } })),
      "expression ''note: ' + object.data.note' resulted in error: no such key: note",
    );
  });

  test('judge what mutating webhooks have made of an object, before validating ones are asked', async () => {
    const webhook = await TestWebhook.start<Review>();
    const metadata = { name: `suite-${namespace}` };
    const hook = (path: string): ValidatingWebhook => ({
      name: `${path.slice(1)}.example.com`,
      admissionReviewVersions: ['v1'],
      sideEffects: 'None',
      clientConfig: webhook.clientConfig(path),
      rules: [configMaps],
      namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } },
    });
    const operations = [{ op: 'add', path: '/data', value: { made: 'bad' } }];
    const patch = Buffer.from(JSON.stringify(operations)).toString('base64');
    const answerWith =
      (response: object) =>
      ({ request }: Review) => ({
        review: {
          apiVersion: 'admission.k8s.io/v1',
          kind: 'AdmissionReview',
          response: { uid: request.uid, allowed: true, ...response },
        },
      });
    webhook.answer('/m', answerWith({ patch, patchType: 'JSONPatch' }));
    webhook.answer('/v', answerWith({}));
    await client.create(MutatingWebhookConfiguration, { metadata, webhooks: [hook('/m')] });
    await client.create(ValidatingWebhookConfiguration, { metadata, webhooks: [hook('/v')] });
    await untilAnswer(
      async () => {
        await create('good');
        return webhook.reviews.map(({ path }) => path);
      },
      (paths) => paths.includes('/m') && paths.includes('/v'),
    );
    await policies.enforce(namespace, {
      policy: { validations: [{ expression: "object.data.made != 'bad'", message: 'made bad' }] },
    });
    webhook.reviews.length = 0;
    assert.equal(await answerTo(create('bad')), 'made bad');
    assert.deepEqual(
      webhook.reviews.map(({ path }) => path),
      ['/m'],
    );
    await client.delete(MutatingWebhookConfiguration, metadata);
    await client.delete(ValidatingWebhookConfiguration, metadata);
    await webhook[Symbol.asyncDispose]();
  });

  test('have defaults', async () => {
    const name = await policies.create(namespace, {
      binding: { matchResources: { excludeResourceRules: [configMaps] } },
    });
    const policy = await client.get(ValidatingAdmissionPolicy, { name });
    assert.deepEqual(policy.spec, {
      failurePolicy: 'Fail',
      matchConstraints: {
        matchPolicy: 'Equivalent',
        namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } },
        objectSelector: {},
        resourceRules: [{ ...configMaps, scope: '*' }],
      },
      validations: [{ expression: 'false', message: 'no' }],
    });
    const binding = await client.get(ValidatingAdmissionPolicyBinding, { name });
    assert.deepEqual(binding.spec.matchResources, {
      matchPolicy: 'Equivalent',
      namespaceSelector: {},
      objectSelector: {},
      excludeResourceRules: [{ ...configMaps, scope: '*' }],
    });
  });

  test('are refused to who may not read their parameters, and so are their bindings', async () => {
    const apiGroup = 'rbac.authorization.k8s.io';
    const user = `u${namespace}`;
    const metadata = { name: `suite-${namespace}` };
    await client.create(ClusterRole, {
      metadata,
      rules: [
        {
          apiGroups: ['admissionregistration.k8s.io'],
          resources: ['validatingadmissionpolicies', 'validatingadmissionpolicybindings'],
          verbs: ['create'],
        },
      ],
    });
    await client.create(ClusterRoleBinding, {
      metadata,
      roleRef: { apiGroup, kind: 'ClusterRole', name: metadata.name },
      subjects: [{ apiGroup, kind: 'User', name: user }],
    });
    const writer = await environment().client({ user });
    const create = async (resource: Resource, spec: object): Promise<string> => {
      const object: KubernetesObject & { spec: object } = { metadata, spec };
      return (await errorText(writer.create(resource, object, { dryRun: true }))).replace(
        /&\{.*?\}( |$)/,
        'USER ',
      );
    };
    const spec = {
      matchConstraints: { resourceRules: [configMaps] },
      validations: [{ expression: 'true' }],
    };
    // Real authorizers read roles through a cache.
    await untilAnswer(
      () => create(ValidatingAdmissionPolicy, spec),
      (text) => text === '',
    );
    assert.match(
      await create(ValidatingAdmissionPolicy, { ...spec, paramKind }),
      /spec.paramKind: Forbidden: user USER must have "get" permission on all objects of the referenced paramKind \(kind=ServiceAccount, apiVersion=v1\)$/,
    );
    const bind = async (ref: object): Promise<string> =>
      create(ValidatingAdmissionPolicyBinding, {
        policyName: metadata.name,
        validationActions: ['Deny'],
        paramRef: { parameterNotFoundAction: 'Deny', ...ref },
      });
    assert.match(
      await bind({ name: 'a' }),
      /spec.paramRef: Forbidden: unable to get policy \S+ to determine minimum required permissions and user USER does not have "get" permission for all groups, versions and resources$/,
    );
    await client.create(ValidatingAdmissionPolicy, { metadata, spec: { ...spec, paramKind } });
    assert.match(
      await bind({ selector: {} }),
      /spec.paramRef: Forbidden: user USER does not have "list" permission on the object referenced by paramRef$/,
    );
    await client.delete(ValidatingAdmissionPolicy, metadata);
    await client.delete(ClusterRoleBinding, metadata);
    await client.delete(ClusterRole, metadata);
  });

  async function causesOf(call: Promise<unknown>): Promise<string[]> {
    const { code, status } = await refusalOf(call);
    assert.equal(code, 422);
    return (status.details?.causes ?? []).map(
      ({ field = '', message = '' }) => `${field}: ${message}`,
    );
  }

  for (const [what, spec, causes] of brokenPolicies) {
    test(`are refused ${what}`, async () => {
      const policy = {
        metadata: { name: 'suite-broken' },
        spec: {
          matchConstraints: { resourceRules: [configMaps] },
          validations: [{ expression: 'true' }],
          ...spec,
        },
      };
      assert.deepEqual(await causesOf(client.create(ValidatingAdmissionPolicy, policy)), causes);
    });
  }

  for (const [what, spec, causes] of brokenBindings) {
    test(`are not bound ${what}`, async () => {
      const binding = {
        metadata: { name: 'suite-broken' },
        spec: { policyName: 'any', validationActions: ['Deny'], ...spec },
      };
      assert.deepEqual(
        await causesOf(client.create(ValidatingAdmissionPolicyBinding, binding)),
        causes,
      );
    });
  }
});
