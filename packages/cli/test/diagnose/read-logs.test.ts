import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Pod, Transport, TransportRequest } from '@kubewright/apimachinery';
import { Client } from '@kubewright/client';
import { diagnoseAll } from '@kubewright/diagnosis';
import { readLogs, type LogReading } from '../../src/diagnose/read-logs.ts';
import { snapshotOfObjects } from '../../src/diagnose/snapshot-of-objects.ts';

const crashed: Pod = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'api', namespace: 'shop', uid: 'u' },
  spec: { containers: [{ name: 'app', image: 'app:1' }] },
  status: {
    phase: 'Running',
    containerStatuses: [
      {
        name: 'app',
        image: 'app:1',
        imageID: '',
        ready: false,
        restartCount: 2,
        state: { waiting: { reason: 'CrashLoopBackOff' } },
        lastState: {
          terminated: { exitCode: 1, reason: 'Error', containerID: 'containerd://one' },
        },
      },
    ],
  },
};

/** Reads the logs of the crashed pod from a kubelet that gives these answers, the last one again and again. */
async function readFrom(answers: readonly string[]): Promise<LogReading & { asked: string[] }> {
  const asked: string[] = [];
  const transport: Transport = {
    async request({ path }: TransportRequest) {
      const answer = answers[Math.min(asked.length, answers.length - 1)] ?? '';
      asked.push(path);
      return { status: 200, headers: {}, body: ReadableStream.from([Buffer.from(answer)]) };
    },
    webSocket: () => Promise.reject(new Error('there are no streams here')),
    close: () => Promise.resolve(),
  };
  const snapshot = snapshotOfObjects([crashed], new Date('2026-01-01T00:00:00Z'));
  const { signal } = new AbortController();
  const reading = await readLogs(
    new Client({ transport }),
    diagnoseAll(snapshot),
    snapshot,
    signal,
  );
  return { ...reading, asked };
}

describe('a log that the kubelet does not have', () => {
  const gone = 'unable to retrieve container logs for containerd://one';

  test('is asked for again: a moment later the kubelet knows of a newer container', async () => {
    const { logs, unreadable, asked } = await readFrom([gone, 'Error: no disk\n']);
    assert.deepEqual(
      logs.map(({ text, life }) => [text, life]),
      [['Error: no disk\n', 'previous']],
    );
    assert.deepEqual(unreadable, []);
    assert.equal(asked.length, 2);
    assert.ok(asked.every((path) => path.includes('previous=true')));
  });

  test('is told when it stays away, and not taken for words of the program', async () => {
    const { logs, unreadable, asked } = await readFrom([gone]);
    assert.deepEqual(logs, []);
    assert.deepEqual(unreadable, [
      {
        what: 'the log of pod shop/api, container app',
        why: 'the node does not have it any more',
      },
    ]);
    assert.equal(asked.length, 3);
  });
});
