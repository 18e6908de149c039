import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { categoryModes, diagnose, remediations, resolveEvidence } from '../src/index.ts';
import { accepts, hasShared, moments, sharedFolder, withoutEvents } from './shared/recorded.ts';
import type { Moment } from './shared/recorded.ts';

const skip = hasShared
  ? false
  : `no recorded pods in ${sharedFolder}: the rules are held to specimens only`;

/** Modes that are told from the container itself. */
const lastContainerMode = 34;

for (const events of ['with Events', 'without Events'] as const) {
  describe(`of recorded and published pods, ${events}`, { skip }, () => {
    const all = hasShared
      ? moments().map((moment) => ({
          moment,
          findings: moment.observations.flatMap((observation) => {
            const seen = events === 'with Events' ? observation : withoutEvents(observation);
            return diagnose(seen).map((finding) => ({ finding, seen }));
          }),
        }))
      : [];

    test('every finding proves itself', () => {
      for (const { moment, findings } of all) {
        for (const { finding, seen } of findings) {
          assert.notEqual(finding.evidence.length, 0, moment.name);
          for (const evidence of finding.evidence) {
            assert.deepEqual(
              resolveEvidence(seen, evidence),
              evidence.value,
              `${moment.name}: ${evidence.path}`,
            );
          }
        }
      }
    });

    test('no healthy one is called a failure', () => {
      const alarms = all
        .filter(({ moment }) => moment.expected.healthy)
        .flatMap(({ moment, findings }) =>
          findings
            .filter(({ finding }) => finding.severity !== 'info')
            .map(({ finding }) => `${moment.name}: ${finding.category}`),
        );
      assert.deepEqual(alarms, []);
    });

    test('nothing more is proposed than is safe', () => {
      const unsafe = all.flatMap(({ moment, findings }) =>
        findings
          .filter(({ finding }) => accepts(moment.expected, finding.category))
          .filter(
            ({ finding }) =>
              remediations.indexOf(finding.remediation) >
              remediations.indexOf(moment.expected.remediation),
          )
          .map(({ finding }) => `${moment.name}: ${finding.category} ${finding.remediation}`),
      );
      assert.deepEqual(unsafe, []);
    });

    test('what fails in a container is named, and the container too', () => {
      const inContainers = all.filter(({ moment }) => isOfContainer(moment));
      const wrong = inContainers.filter(
        ({ moment: { expected }, findings }) =>
          !findings.some(
            ({ finding }) =>
              accepts(expected, finding.category) &&
              (expected.container === null || finding.container === expected.container),
          ),
      );
      const right = 1 - wrong.length / Math.max(inContainers.length, 1);
      const least = events === 'with Events' ? 0.98 : 0.95;
      assert.ok(right >= least, wrong.map(({ moment }) => moment.name).join(', '));
    });
  });
}

/** A trace is read at its end: before, a slow start and a failure look the same. */
function isOfContainer({ when, expected }: Moment): boolean {
  const modes: readonly number[] = Object.hasOwn(categoryModes, expected.category)
    ? categoryModes[expected.category as keyof typeof categoryModes] // it is one of its keys
    : [];
  return (
    when !== 'first' &&
    !expected.healthy &&
    modes.length > 0 &&
    modes.every((mode) => mode <= lastContainerMode) &&
    // What the pod itself shows only as ContainerCreating is told by the rules about volumes.
    !expected.alsoAccept.includes('VolumeMountFailure')
  );
}
