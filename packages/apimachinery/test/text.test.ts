import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { plainText, redactText, sanitizeText } from '../src/index.ts';

describe('text that is shown', () => {
  test('cannot move the cursor, clear the screen or turn the reading direction', () => {
    assert.equal(sanitizeText('a\u001b[2Jb\rc\u202ed\u200be'), 'a\ufffd[2Jb\ufffdc\ufffdd\ufffde');
    assert.equal(
      sanitizeText('tab\tand\nlines stay, ä and 世 too'),
      'tab\tand\nlines stay, ä and 世 too',
    );
  });

  test('of a log loses its colours, links and titles', () => {
    assert.equal(plainText('\u001b[1;31mERROR\u001b[0m x'), 'ERROR x');
    assert.equal(plainText('\u001b]8;;http://evil\u0007click\u001b]8;;\u001b\\ me'), 'click me');
    assert.equal(plainText('\u009b31mred\u001b(B'), 'red');
    assert.equal(plainText('10 %\r100 %'), '10 %100 %');
  });

  test('holds no control character, whatever was in it', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        // eslint-disable-next-line no-control-regex -- control characters are what is looked for
        assert.doesNotMatch(plainText(text), /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202e]/);
      }),
    );
  });
});

describe('redactText', () => {
  const secret = 'Zx9kQ2pLw7vT4mN8';

  for (const text of [
    `Authorization: Bearer ${secret}`,
    `postgres://app:${secret}@db:5432/orders`,
    `amqp://guest:p@${secret}@mq`,
    `password=${secret}`,
    `DB_PASSWORD: "${secret}"`,
    `{"api_key":"${secret}","a":1}`,
    `--client-secret=${secret} --x`,
    `GET /cb?access_token=${secret}&x=1`,
    `token: ghp_${secret}${secret}`,
    `eyJhbGciOiJI.${secret}.${secret}`,
    `-----BEGIN RSA PRIVATE KEY-----\n${secret}\n-----END RSA PRIVATE KEY-----`,
    `-----BEGIN EC PRIVATE KEY-----\n${secret} cut off`,
    `glpat-${secret}`,
    `xoxb-1234-${secret}`,
  ]) {
    test(`hides the secret of ${text.slice(0, 24).replaceAll('\n', ' ')}…`, () => {
      const shown = redactText(text);
      assert.ok(!shown.includes(secret), shown);
      assert.match(shown, /\[redacted\]/);
    });
  }

  test('leaves ordinary text as it is', () => {
    for (const text of [
      'pods "web" is forbidden',
      'error during container init: mkdir /etc/passwd: not a directory',
      'http://host:80/path',
      'a@b.c',
      'basic idea',
      'FATAL: password authentication failed for user "app"',
      'secret "db" not found',
      'SyntaxError: Unexpected token } in JSON at position 3',
    ]) {
      assert.equal(redactText(text), text);
    }
  });

  test('hides again nothing of what it hid', () => {
    const once = redactText(`password=${secret} Bearer ${secret} http://a:${secret}@b`);
    assert.equal(redactText(once), once);
  });
});
