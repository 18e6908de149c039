import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parse } from 'yaml';
import { chartFiles } from '../src/index.ts';
import { Gadget, gadgeteer, servesWebhooks } from './gadget.ts';

describe('the files of a chart', () => {
  test('have a value for each setting, with a comment and a type', async () => {
    const files = await chartFiles(gadgeteer());
    const text = files.get('values.yaml') ?? '';
    // The test looks at what it knows to be there.
    const values = parse(text) as { maxSize: number; greeting: string; numWorkers: number };
    assert.equal(values.maxSize, 2_000_000);
    assert.equal(values.greeting, 'Hello');
    assert.equal(values.numWorkers, 8);
    assert.equal('local' in values, false);
    assert.match(text, /# Greatest size\.\nmaxSize: 2000000/);
    const schema = JSON.parse(files.get('values.schema.json') ?? '') as {
      additionalProperties: boolean;
      properties: Record<string, unknown>;
    };
    assert.equal(schema.additionalProperties, false);
    assert.deepEqual(schema.properties['maxSize'], {
      description: 'Greatest size.',
      type: 'integer',
      minimum: 1,
      maximum: 2_147_483_647,
    });
    assert.deepEqual(
      Object.keys(values).filter((name) => schema.properties[name] === undefined),
      [],
    );
  });

  test('hand each setting to the variable that the program reads', async () => {
    const files = await chartFiles(gadgeteer());
    const settings = files.get('templates/settings.yaml') ?? '';
    assert.match(settings, /^ {2}NUM_WORKERS: \{\{ \.Values\.numWorkers \| /m);
    assert.match(settings, /^ {2}HA_ENABLED: \{\{ \.Values\.ha\.enabled \| /m);
    assert.match(settings, /^ {2}MAX_SIZE: \{\{ \.Values\.maxSize \| /m);
    assert.doesNotMatch(settings, /local/);
  });

  test('belong to the operator: no name of a template is left as it was', async () => {
    const operator = gadgeteer({ program: { ...servesWebhooks, holds: [Gadget] } });
    for (const [path, text] of await chartFiles(operator)) {
      assert.doesNotMatch(
        text,
        /OPERATOR\.|NEXT_COMMAND|DEFINITION_NAMES|HELD_RULES|NAMESPACES_VARIABLE/,
        path,
      );
    }
  });

  test('are complete without webhooks, and have more with them', async () => {
    const without = await chartFiles(gadgeteer());
    const having = await chartFiles(gadgeteer({ program: servesWebhooks }));
    const more = [...having.keys()].filter((path) => !without.has(path));
    assert.deepEqual(more, ['templates/webhook.yaml']);
  });

  test('let go of what the operator holds, and only where it holds something', async () => {
    const path = 'templates/uninstall.yaml';
    assert.equal((await chartFiles(gadgeteer())).has(path), false);
    const operator = gadgeteer({ program: { ...servesWebhooks, holds: [Gadget] } });
    const files = await chartFiles(operator);
    assert.match(files.get(path) ?? '', /apiGroups: \[example\.com\]\n +resources: \[gadgets\]/);
    assert.match(files.get('values.yaml') ?? '', /releaseObjects: true/);
  });
});
