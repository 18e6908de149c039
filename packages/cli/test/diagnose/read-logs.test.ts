import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { ContainerState, Pod, Transport, TransportRequest } from '@kubewright/apimachinery';
import { Client } from '@kubewright/client';
import { diagnoseAll } from '@kubewright/diagnosis';
import { readLogs, type LogReading } from '../../src/diagnose/read-logs.ts';
import { snapshotOfObjects } from '../../src/diagnose/snapshot-of-objects.ts';

const lastState: ContainerState = {
  terminated: { exitCode: 1, reason: 'Error', containerID: 'containerd://one' },
};

/** A pod whose container has ended before, and is in this state now. */
const crashed = (state: ContainerState): Pod => ({
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
        state,
        lastState,
      },
    ],
  },
});
const waiting: ContainerState = { waiting: { reason: 'CrashLoopBackOff' } };

/** Reads the logs of a crashed pod from a kubelet that answers so, at each time that it is asked. */
async function readFrom(
  state: ContainerState,
  answerTo: (path: string, times: number) => string,
): Promise<LogReading & { asked: string[] }> {
  const asked: string[] = [];
  const transport: Transport = {
    async request({ path }: TransportRequest) {
      asked.push(path);
      const answer = answerTo(path, asked.length);
      return { status: 200, headers: {}, body: ReadableStream.from([Buffer.from(answer)]) };
    },
    webSocket: () => Promise.reject(new Error('there are no streams here')),
    close: () => Promise.resolve(),
  };
  const snapshot = snapshotOfObjects([crashed(state)], new Date('2026-01-01T00:00:00Z'));
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
    const { logs, unreadable, asked } = await readFrom(waiting, (_path, times) =>
      times === 1 ? gone : 'Error: no disk\n',
    );
    assert.deepEqual(
      logs.map(({ text, life }) => [text, life]),
      [['Error: no disk\n', 'previous']],
    );
    assert.deepEqual(unreadable, []);
    assert.equal(asked.length, 2);
    assert.ok(asked.every((path) => path.includes('previous=true')));
  });

  test('is told when it stays away, and not taken for words of the program', async () => {
    const { logs, unreadable, asked } = await readFrom(waiting, () => gone);
    assert.deepEqual(logs, []);
    assert.deepEqual(unreadable, [
      {
        what: 'the log of pod shop/api, container app, before its last restart',
        why: 'the node does not have it any more',
      },
    ]);
    assert.equal(asked.length, 3);
  });

  test('is not waited for where a newer one is there', async () => {
    const { logs, unreadable, asked } = await readFrom(
      { terminated: { exitCode: 1, reason: 'Error', containerID: 'containerd://two' } },
      (path) => (path.includes('previous=true') ? gone : 'Error: no disk\n'),
    );
    assert.deepEqual(
      logs.map(({ text, life }) => [text, life]),
      [['Error: no disk\n', 'current']],
    );
    assert.equal(unreadable.length, 1);
    assert.equal(asked.length, 2);
  });
});
