import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import { failureModePages } from '../scripts/failure-mode-pages.ts';
import { prose } from '../scripts/failure-mode-prose.ts';
import { categoryModes, failureModes, pageOf } from '../src/index.ts';
import { decisionOrder } from '../src/rules/decision-order.ts';

const pages = new URL('../../../docs/failure-modes/', import.meta.url);

test('every mode that a category or a rule names has a page, and the address of a finding leads to it', () => {
  const named = [
    ...Object.values(categoryModes).flat(),
    ...Object.values(decisionOrder).flatMap((rules: readonly { readonly mode: number }[]) =>
      rules.map(({ mode }) => mode),
    ),
  ];
  for (const mode of new Set(named)) {
    assert.ok(mode in failureModes, String(mode));
    const file = pageOf(mode).split('/').at(-1) ?? '';
    assert.notEqual(file, 'README.md');
    assert.ok(existsSync(new URL(file, pages)), file);
  }
  assert.equal(pageOf(99).split('/').at(-1), 'README.md');
});

test('every page says what it looks like, why it happens, what to do and how sure it is', () => {
  for (const [mode, { title, ...texts }] of Object.entries(prose)) {
    for (const text of [title, ...Object.values(texts)]) assert.ok(text.length > 5, mode);
  }
  assert.equal(failureModePages().size, Object.keys(failureModes).length + 1);
});

test('the rules of a mode are on its page with their conditions', () => {
  const page = failureModePages().get('01-container-out-of-memory.md') ?? '';
  assert.match(
    page,
    /## Rule `oom-killed`\n\nConcludes `OOMKilled` when\n\n- the runtime says OOMKilled/,
  );
});
