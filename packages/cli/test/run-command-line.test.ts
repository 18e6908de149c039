import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import manifest from '../package.json' with { type: 'json' };
import { runCaptured } from './diagnose/captured-run.ts';

describe('the version', () => {
  for (const argv of [['--version'], ['-V'], ['version']]) {
    test(`is all that ${argv.join(' ')} prints, and it is the package's`, async () => {
      assert.deepEqual(await runCaptured(argv), {
        exitCode: 0,
        stdout: `${manifest.version}\n`,
        stderr: '',
      });
    });
  }

  test('is in the help', async () => {
    const { exitCode, stdout } = await runCaptured(['--help']);
    assert.equal(exitCode, 0);
    assert.match(stdout, /-V, --version +show the version/);
    assert.match(stdout, /version +Show the version\./);
  });
});

describe('a command line that is wrong', () => {
  const wrong = [
    { argv: ['-v'], says: "error: unknown option '-v'\n" },
    {
      argv: ['--verison'],
      says: "error: unknown option '--verison'\n(Did you mean --version?)\n",
    },
    { argv: ['version', '--short'], says: "error: unknown option '--short'\n" },
    {
      argv: ['version', 'now'],
      says: "error: too many arguments for 'version'. Expected 0 arguments but got 1: now.\n",
    },
    { argv: ['diagnos'], says: "error: unknown command 'diagnos'\n(Did you mean diagnose?)\n" },
  ];
  for (const { argv, says } of wrong) {
    test(`such as ${argv.join(' ')} says what is wrong, and where to look`, async () => {
      assert.deepEqual(await runCaptured(argv), {
        exitCode: 2,
        stdout: '',
        stderr: `${says}(--help shows what there is)\n`,
      });
    });
  }
});
