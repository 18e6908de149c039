import assert from 'node:assert/strict';
import { text } from 'node:stream/consumers';
import { before, test } from 'node:test';
import { ConfigMap, resourcePath } from '@kubewright/apimachinery';
import type { Client } from '@kubewright/client';
import { defineCustomResource, defineVersion } from '@kubewright/crd';
import { parseDocument } from 'yaml';
import * as z from 'zod';
import { describeOnEachServer } from './on-each-server.ts';
import { refusalOf } from './refusal.ts';

/** Texts that a YAML writer loses, or a YAML reader takes for something else, unless they are quoted. */
const tricky = [
  ...['', ' ', '\n', ' \n', '\n \n', ' \t\n\n', ' \n\n a', '\n\ta', 'a\n ', 'a\n\n', '\ta'],
  ...'on No y ~ null 1_000 12:30 0o17 017 0x1f 1e3 .inf 2001-01-01 << = --- ...'.split(' '),
  ...'- a|#a|a: b|&a|*a|!a|>|%a|@a|`a|"|\\n'.split('|'),
  ...['|', 'a\r\nb', '\u2028', '\ufeffa', '😀'],
];

/** Plain texts in YAML, and what a server takes them for. */
const plain: readonly (readonly [yaml: string, value: unknown])[] = [
  ...'y Y yes Yes YES on true True'.split(' ').map((text) => [text, true] as const),
  ...'n N no No NO off Off false FALSE'.split(' ').map((text) => [text, false] as const),
  ...'~ null Null NULL'.split(' ').map((text) => [`[${text}]`, [null]] as const),
  ...'tRue nUll . +. -. ._ _1 + 0b2 1e 1e400 inf nan 12:30 190:20:30 1:2.5 2001-01-01 ='
    .split(' ')
    .map((text) => [text, text] as const),
  ...([
    ['017', 15],
    ['018', 18],
    ['0o17', 15],
    ['-0O17', -15],
    ['0x1f', 31],
    ['0X1F', 31],
    ['-0b101', -5],
    ['1_000', 1000],
    ['+1', 1],
    ['1.', 1],
    ['.5', 0.5],
    ['-1.5e-3', -0.0015],
    ['1E+3', 1000],
    ['685_230.15', 685230.15],
    ['!!str 1', '1'],
    ['!!int "1"', 1],
    ['!!float 1', 1],
    ['!!binary aGk=', 'hi'],
    ['!!set {a, b}', { a: null, b: null }],
    ['!!omap [a: 1]', [{ a: 1 }]],
    [
      '{on: a, 017: b, 1.5: c, 0x10: d, .: e, 1_000: f, .inf: g}',
      { true: 'a', 15: 'b', 1.5: 'c', 16: 'd', '.': 'e', 1000: 'f', '.inf': 'g' },
    ],
    ['{"<<": {a: 1}, b: 3}', { '<<': { a: 1 }, b: 3 }],
    ['[&x {a: 1}, *x, {<<: *x, b: 2}]', [{ a: 1 }, { a: 1 }, { a: 1, b: 2 }]],
  ] as const),
];

/** YAML that cannot be JSON, or leads nowhere, and why. */
const refused = [
  ['.inf', 'json: unsupported value: +Inf'],
  ['-.Inf', 'json: unsupported value: -Inf'],
  ['.nan', 'json: unsupported value: NaN'],
  ['{~: a}', 'unsupported map key of type'],
  ['{[a]: b}', 'yaml: invalid map key'],
  ['*x', "yaml: unknown anchor 'x' referenced"],
  ['&x [*x]', "yaml: anchor 'x' value contains itself"],
] as const;

const Anything = defineCustomResource({
  group: 'yaml.example.com',
  kind: 'Anything',
  plural: 'anythings',
  scope: 'Namespaced',
  versions: [defineVersion({ name: 'v1', storage: true, spec: z.object({ value: z.unknown() }) })],
});

describeOnEachServer('objects as YAML', {}, (environment) => {
  let client: Client;
  let namespace: string;

  before(async () => {
    client = await environment().client();
    namespace = await environment().newNamespace();
    await environment().install(Anything.manifest());
  });

  test('read back as they are, and are taken as they were written', async () => {
    const reference = { namespace, name: 'tricky' };
    const data = Object.fromEntries(tricky.map((value, index) => [`text-${index}`, value]));
    const annotations = { yes: 'no', '017': '018', 'a.b/on': '0o17' };
    await client.create(ConfigMap, { metadata: { ...reference, annotations }, data });
    const stored = await client.rawJson({
      method: 'GET',
      path: resourcePath(ConfigMap, reference),
    });
    const answer = await client.raw({
      method: 'GET',
      path: resourcePath(ConfigMap, reference),
      headers: { accept: 'application/yaml' },
    });
    const yaml = await text(answer.body);
    const document = parseDocument(yaml);
    assert.deepEqual(document.errors, []);
    assert.deepEqual(document.toJS(), stored);

    const written = await client.rawJson({
      method: 'PUT',
      path: resourcePath(ConfigMap, reference),
      headers: { 'content-type': 'application/yaml' },
      body: yaml,
    });
    assert.deepEqual(written, stored);
  });

  let names = 0;
  async function valueOf(yaml: string): Promise<unknown> {
    names += 1;
    const metadata = `{namespace: ${namespace}, name: it-${names}}`;
    const { spec } = await client.rawJson<{ spec: { value?: unknown } }>({
      method: 'POST',
      path: resourcePath(Anything.resource, { namespace }),
      headers: { 'content-type': 'application/yaml' },
      body: `apiVersion: yaml.example.com/v1\nkind: Anything\nmetadata: ${metadata}\nspec:\n  value: ${yaml}\n`,
    });
    return spec.value;
  }

  for (const [yaml, value] of plain) {
    test(`take ${yaml} for ${JSON.stringify(value)}`, async () => {
      assert.deepEqual(await valueOf(yaml), value);
    });
  }

  for (const [yaml, problem] of refused) {
    test(`are refused with ${yaml}`, async () => {
      const { code, message } = await refusalOf(valueOf(yaml));
      assert.equal(code, 400);
      assert.ok(message.includes(problem), message);
    });
  }
});
