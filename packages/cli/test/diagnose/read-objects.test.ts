import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { CommandError } from '../../src/command-error.ts';
import { readObjects } from '../../src/diagnose/read-objects.ts';

const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'web' } };

function names(text: string): string[] {
  return readObjects(text, 'file').map(
    ({ kind = '', metadata }) => `${kind}/${metadata.name ?? ''}`,
  );
}

describe('objects are read from', () => {
  for (const [form, text] of [
    ['one object', JSON.stringify(pod)],
    ['a list of any kind', JSON.stringify({ kind: 'List', apiVersion: 'v1', items: [pod] })],
    [
      'a typed list, whose items name no kind',
      JSON.stringify({ kind: 'PodList', apiVersion: 'v1', items: [{ metadata: { name: 'web' } }] }),
    ],
    [
      'a list within a list',
      JSON.stringify({
        kind: 'List',
        items: [{ kind: 'PodList', items: [{ metadata: { name: 'web' } }] }],
      }),
    ],
    ['an array', JSON.stringify([pod])],
    ['what a watch writes', JSON.stringify({ type: 'ADDED', object: pod })],
    ['YAML', 'apiVersion: v1\nkind: Pod\nmetadata: {name: web}\n'],
    ['JSON behind a byte order of blanks', `\n  ${JSON.stringify(pod)}`],
  ] as const) {
    test(form, () => {
      assert.deepEqual(names(text), ['Pod/web']);
    });
  }

  test('several YAML documents and one JSON object a line', () => {
    assert.deepEqual(
      names('kind: Pod\nmetadata: {name: a}\n---\nkind: Event\nmetadata: {name: b}\n---\n'),
      ['Pod/a', 'Event/b'],
    );
    assert.deepEqual(names(`${JSON.stringify(pod)}\n${JSON.stringify(pod)}\n`), [
      'Pod/web',
      'Pod/web',
    ]);
  });
});

describe('what is no object is refused with its place:', () => {
  for (const [form, text, message] of [
    ['an empty file', ' \n', /file is empty: expected Kubernetes objects/],
    [
      'truncated JSON',
      JSON.stringify(pod).slice(0, 30),
      /file is no JSON: .*is the file complete\?/,
    ],
    ['a number', '[1]', /file, item 0 is no Kubernetes object: it is a number/],
    ['a text', 'hello', /file is no Kubernetes object: it is a text/],
    ['an object without a kind', '{"a":1}', /file has no kind: expected a Kubernetes object/],
    [
      'an item without a name',
      JSON.stringify({ kind: 'List', items: [pod, { kind: 'Pod', metadata: {} }] }),
      /file, item 1, a Pod, has no metadata\.name/,
    ],
    ['broken YAML', 'kind: Pod\n  metadata: [', /file is no YAML: /],
    [
      'a document of several',
      'kind: Pod\nmetadata: {name: a}\n---\n- 1\n',
      /file, document 2, item 0 is no Kubernetes object/,
    ],
  ] as const) {
    test(form, () => {
      assert.throws(
        () => readObjects(text, 'file'),
        (error: unknown) => {
          assert.ok(error instanceof CommandError);
          assert.match(error.message, message);
          return true;
        },
      );
    });
  }

  test('any other text too, never with an error of another kind', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        try {
          readObjects(text, 'file');
        } catch (error) {
          assert.ok(error instanceof CommandError, String(error));
        }
      }),
    );
  });
});
