import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Pod } from '@kubewright/apimachinery';
import { diagnose, type ContainerLog, type Finding } from '../../src/index.ts';

const life = {
  exitCode: 1,
  reason: 'Error',
  containerID: 'c://1',
  startedAt: '2026-01-01T00:00:00Z',
  finishedAt: '2026-01-01T00:00:05Z',
};

function crashing(ended: object = life): Pod {
  return {
    metadata: { name: 'web', namespace: 'shop' },
    spec: { containers: [{ name: 'app' }] },
    status: {
      phase: 'Running',
      containerStatuses: [
        {
          name: 'app',
          image: '',
          imageID: '',
          ready: false,
          restartCount: 5,
          state: { waiting: { reason: 'CrashLoopBackOff' } },
          lastState: { terminated: { exitCode: 1, ...ended } },
        },
      ],
    },
  };
}

function log(text: string, options: Partial<ContainerLog> = {}): ContainerLog {
  return {
    pod: { namespace: 'shop', name: 'web' },
    container: 'app',
    life: 'previous',
    text,
    ...options,
  };
}

function first(pod: Pod, logs: readonly ContainerLog[]): Finding {
  const [finding] = diagnose({ pod, logs, now: new Date('2026-01-01T00:10:00Z') });
  assert.ok(finding !== undefined);
  return finding;
}

describe('a finding', () => {
  test('is completed by the most telling line of the life that failed, with its advice', () => {
    const finding = first(crashing(), [
      log('ready\n', { life: 'current' }),
      log("Error: Cannot find module 'pg'\n"),
    ]);
    assert.equal(finding.category, 'AppError');
    assert.match(finding.summary, /: cannot find the module "pg"\.$/);
    assert.match(finding.advice, /image lacks something/);
    assert.deepEqual(
      finding.logs?.map(({ signature, life: of }) => [signature, of]),
      [['missing-module', 'previous']],
    );
  });

  test('takes the message that the container left where there is no log', () => {
    const finding = first(
      crashing({ ...life, message: 'dial tcp 10.0.0.7:5432: connect: connection refused' }),
      [],
    );
    assert.match(finding.summary, /the connection was refused by 10\.0\.0\.7:5432\.$/);
  });

  test('keeps its sentence where the runtime has said why', () => {
    const finding = first(crashing({ ...life, exitCode: 137, reason: 'OOMKilled' }), [
      log('connection refused\n'),
    ]);
    assert.equal(finding.category, 'OOMKilled');
    assert.doesNotMatch(finding.summary, /refused/);
    assert.equal(finding.logs?.[0]?.signature, 'connection-refused');
  });

  test('takes nothing from the logs of other pods and containers', () => {
    const finding = first(crashing(), [
      log('connection refused\n', { container: 'proxy' }),
      log('connection refused\n', { pod: { namespace: 'other', name: 'web' } }),
      log('connection refused\n', { pod: { namespace: 'shop', name: 'api' } }),
    ]);
    assert.equal(finding.logs, undefined);
  });
});
