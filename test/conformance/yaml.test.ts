import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { ConfigMap, resourcePath, type TransportRequest } from '@kubewright/apimachinery';
import type { Client } from '@kubewright/client';
import { parseDocument } from 'yaml';
import { describeOnEachServer } from './on-each-server.ts';

/** Texts that a YAML writer loses, or a YAML reader takes for something else, unless they are quoted. */
const tricky = [
  ...['', ' ', '\n', ' \n', '\n \n', ' \t\n\n', ' \n\n a', '\n\ta', 'a\n ', 'a\n\n', '\ta'],
  ...'on No y ~ null 1_000 12:30 0o17 017 0x1f 1e3 .inf 2001-01-01 << = --- ...'.split(' '),
  ...'- a|#a|a: b|&a|*a|!a|>|%a|@a|`a|"|\\n'.split('|'),
  ...['|', 'a\r\nb', '\u2028', '\ufeffa', '😀'],
];

describeOnEachServer('objects as YAML', {}, (environment) => {
  let client: Client;
  let namespace: string;

  before(async () => {
    client = await environment().client();
    namespace = await environment().newNamespace();
  });

  async function textOf(request: TransportRequest): Promise<string> {
    const { body } = await client.raw(request);
    const chunks: Uint8Array[] = [];
    for await (const chunk of body) chunks.push(chunk);
    return Buffer.concat(chunks).toString('utf8');
  }

  test('read back as they are, and are taken as they were written', async () => {
    const reference = { namespace, name: 'tricky' };
    const data = Object.fromEntries(tricky.map((text, index) => [`text-${index}`, text]));
    const annotations = { yes: 'no', '017': '018', 'a.b/on': '0o17' };
    await client.create(ConfigMap, { metadata: { ...reference, annotations }, data });
    const stored = await client.rawJson({
      method: 'GET',
      path: resourcePath(ConfigMap, reference),
    });
    const text = await textOf({
      method: 'GET',
      path: resourcePath(ConfigMap, reference),
      headers: { accept: 'application/yaml' },
    });
    const document = parseDocument(text);
    assert.deepEqual(document.errors, []);
    assert.deepEqual(document.toJS(), stored);

    const written = await client.rawJson({
      method: 'PUT',
      path: resourcePath(ConfigMap, reference),
      headers: { 'content-type': 'application/yaml' },
      body: text,
    });
    assert.deepEqual(written, stored);
  });
});
