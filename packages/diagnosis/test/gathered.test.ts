import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import {
  diagnose,
  momentOf,
  remediations,
  resolveEvidence,
  stateOf,
  type ContainerLog,
  type Observation,
  type Remediation,
} from '../src/index.ts';
import { today } from './shared/recorded.ts';

/** Pods of other people; what is in a case stands in the README there. */
const folder = new URL('../../../bench/pods/', import.meta.url);

interface Case {
  readonly name: string;
  readonly pod: Observation['pod'] | null;
  readonly events: NonNullable<Observation['events']>;
  readonly related?: NonNullable<Observation['related']>;
  readonly logs?: readonly Omit<ContainerLog, 'pod'>[];
  readonly seenAt?: string;
  readonly expected: {
    readonly category: string;
    readonly alsoAccept?: readonly string[];
    readonly withoutEvents?: readonly string[];
    readonly container: string | null;
    readonly remediation: Remediation;
  };
}

const cases = readdirSync(folder)
  .filter((file) => file.endsWith('.json'))
  .map((file) => JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as Case); // in that shape

const healthy: readonly string[] = ['Healthy', 'Starting', 'Completed'];

describe('a gathered pod is called what it is', () => {
  for (const given of cases) {
    test(given.name, () => {
      const { expected } = given;
      answersRight(observationOf(given), expected, [
        expected.category,
        ...(expected.alsoAccept ?? []),
      ]);
    });

    test(`${given.name}, without Events`, () => {
      const { expected } = given;
      answersRight({ ...observationOf(given), events: [] }, expected, [
        expected.category,
        ...(expected.alsoAccept ?? []),
        ...(expected.withoutEvents ?? []),
      ]);
    });
  }
});

function observationOf({ pod, events, related = [], logs = [], seenAt }: Case): Observation {
  const { name = '', namespace = '' } = pod?.metadata ?? {};
  const [owner] = related;
  return {
    ...(pod ? { pod } : owner === undefined ? {} : { owner }),
    events,
    related,
    logs: logs.map((log) => ({ ...log, pod: { name, namespace } })),
    ...(momentOf([pod, events, related, { seenAt }], today) ?? { now: today }),
  };
}

function answersRight(
  observation: Observation,
  { container, remediation }: Case['expected'],
  accepted: readonly string[],
): void {
  const findings = diagnose(observation);
  const state = stateOf(observation, findings);
  assert.ok(
    accepted.includes(state) || findings.some(({ category }) => accepted.includes(category)),
    `${state} instead of ${accepted.join(' or ')}`,
  );
  if (!healthy.includes(state) && container !== null) {
    assert.ok(
      findings.some((finding) => finding.container === container),
      `it names ${findings.map((finding) => finding.container).join(', ')}, not ${container}`,
    );
  }
  for (const finding of findings) {
    assert.ok(
      remediations.indexOf(finding.remediation) <= remediations.indexOf(remediation),
      `${finding.category}: ${finding.remediation} is more than is safe`,
    );
    for (const evidence of finding.evidence) {
      assert.deepEqual(resolveEvidence(observation, evidence), evidence.value, evidence.path);
    }
  }
}
