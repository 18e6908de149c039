import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { PlainLines } from '../src/progress/plain-lines.ts';

describe('plain lines', () => {
  test('carry the seconds since the start and say each thing once', () => {
    const lines: string[] = [];
    let now = 1000;
    const progress = new PlainLines(
      (line) => lines.push(line),
      () => now,
    );
    progress.begin('starting the cluster');
    now = 3500;
    progress.detail('waiting for the pod');
    progress.detail('waiting for the pod');
    progress.end('failed');
    assert.deepEqual(lines, [
      '   0.0s starting the cluster',
      '   2.5s   waiting for the pod',
      '   2.5s FAILED: starting the cluster',
    ]);
  });

  test('show of a picture only what is new in it', () => {
    const lines: string[] = [];
    const progress = new PlainLines(
      (line) => lines.push(line),
      () => 0,
    );
    progress.picture(['NAME STATUS', 'a    Running']);
    progress.picture(['NAME   STATUS', 'a      CrashLoopBackOff']);
    assert.deepEqual(
      lines.map((line) => line.trim()),
      ['NAME STATUS', 'a    Running', 'a      CrashLoopBackOff'],
    );
  });
});
