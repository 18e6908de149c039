import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { diagnoseAll, type Snapshot } from '../../src/index.ts';
import { event } from '../specimens/pods.ts';
import { specimens } from '../specimens/index.ts';
import { crashing, Fleet, unscheduled, well } from './fleet.ts';

/** A snapshot in which much is wrong, to be spoilt. */
function sound(): Snapshot {
  const fleet = new Fleet()
    .node('node-1', { type: 'Ready', status: 'Unknown' })
    .deployment('web', [well({ revision: '1' }), crashing({ revision: '2' })])
    .deployment('api', [unscheduled('0/3 nodes are available: 3 Insufficient cpu.')])
    .object({
      kind: 'HorizontalPodAutoscaler',
      metadata: { name: 'web', namespace: 'shop' },
      spec: { scaleTargetRef: { kind: 'Deployment', name: 'web' } },
    });
  fleet.events.push(
    event('FailedCreate', 'exceeded quota: a', {
      about: { kind: 'Job', name: 'nightly-29920363' },
    }),
  );
  const { snapshot } = fleet;
  return {
    ...snapshot,
    pods: [...snapshot.pods, ...specimens.flatMap(({ observation }) => observation.pod ?? [])],
    events: [...fleet.events, ...specimens.flatMap(({ observation }) => observation.events ?? [])],
    objects: [
      ...(snapshot.objects ?? []),
      ...specimens.flatMap(({ observation }) => observation.related ?? []),
      ...specimens.flatMap(({ observation }) => observation.owner ?? []),
    ],
  };
}

/** The value with some of its parts, picked by the numbers, replaced by something else. */
function spoilt(value: unknown, picks: readonly (readonly [number, unknown])[]): unknown {
  let at = 0;
  const replacements = new Map(picks);
  const visit = (part: unknown): unknown => {
    const replacement = replacements.get(at++);
    if (replacement !== undefined) return replacement;
    if (Array.isArray(part)) return part.map(visit);
    if (typeof part !== 'object' || part === null) return part;
    return Object.fromEntries(Object.entries(part).map(([key, each]) => [key, visit(each)]));
  };
  return visit(value);
}

function size(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 1;
  return Object.values(value).reduce<number>((sum, each) => sum + size(each), 1);
}

describe('diagnoseAll', () => {
  it('takes objects in which anything may stand anywhere', () => {
    const { now, ...given } = sound();
    const picks = fc.array(fc.tuple(fc.nat(size(given)), fc.jsonValue()), { maxLength: 30 });
    fc.assert(
      fc.property(picks, (replacements) => {
        // Whatever comes of it is JSON, which is all that is promised.
        const snapshot = { ...(spoilt(given, replacements) as typeof given), now };
        const report = diagnoseAll(snapshot);
        assert.deepEqual(report, diagnoseAll(snapshot));
      }),
      { numRuns: 60 },
    );
  });

  it('takes any JSON in place of objects', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), fc.jsonValue(), fc.jsonValue(), (...any) => {
        const [pods, events, objects, logs] = any;
        // Not what the types say, on purpose.
        diagnoseAll({ pods, events, objects, logs, now: new Date(0) } as unknown as Snapshot);
        diagnoseAll({
          pods: [pods],
          events: [events],
          objects: [objects],
          logs: [logs],
          now: new Date(0),
        } as unknown as Snapshot);
      }),
    );
  });
});
