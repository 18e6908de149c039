import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { diagnose, type AnyEvent, type Observation } from '../src/index.ts';
import { specimens } from './specimens/index.ts';

type Json = Record<string, unknown>;

/** A change of an observation that must not change what is found. */
type Variation = (observation: Observation) => Observation;

const variations: Readonly<Record<string, Variation>> = {
  'the namespace has another name': replaced(/\bshop\b/g, 'team-4-prod'),
  'the node has another name': replaced(/\bnode-1\b/g, 'ip-10-0-3-17.eu-west-1.compute.internal'),
  'Events come in the form of events.k8s.io': (observation) => ({
    ...observation,
    events: (observation.events ?? []).map(inLaterForm),
  }),
  'Events come in another order': (observation) => ({
    ...observation,
    events: (observation.events ?? []).toReversed(),
  }),
  'the statuses of containers come in another order': withPod((pod) => {
    const status = memberOf(pod, 'status');
    for (const name of ['initContainerStatuses', 'containerStatuses']) {
      if (Array.isArray(status[name])) status[name] = status[name].toReversed();
    }
  }),
  'conditions come in another order': withPod((pod) => {
    const status = memberOf(pod, 'status');
    // Only those of different types, which the API makes sure of.
    if (Array.isArray(status['conditions']))
      status['conditions'] = status['conditions'].toReversed();
  }),
  'a newer Kubernetes says more': withPod((pod) => {
    pod['novelty'] = { said: 'OOMKilled' };
    memberOf(pod, 'spec')['novelties'] = [{ name: 'app' }];
    memberOf(pod, 'status')['observedGeneration'] = 3;
  }),
  'other objects were seen besides': (observation) => ({
    ...observation,
    related: [
      ...(observation.related ?? []),
      { apiVersion: 'v1', kind: 'Service', metadata: { name: 'web', namespace: 'shop' } },
      { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'web-2', namespace: 'shop' } },
    ],
  }),
};

describe('the findings are the same when', () => {
  for (const [what, vary] of Object.entries(variations)) {
    test(what, () => {
      for (const { name, observation } of specimens) {
        assert.deepEqual(said(vary(observation)), said(observation), name);
      }
    });
  }
});

function said(observation: Observation): readonly string[] {
  return diagnose(observation)
    .map(({ category, mode, container, remediation, confidence }) =>
      [category, mode, container, remediation, confidence.level].join(' '),
    )
    .toSorted();
}

/** The same observation but for a word, wherever it stands. */
function replaced(word: RegExp, by: string): Variation {
  return ({ now, earliest, ...rest }) => {
    const text = JSON.stringify(rest).replace(word, by);
    const replaced = JSON.parse(text) as Omit<Observation, 'now'>; // the same JSON but for a word
    return { ...replaced, now, ...(earliest === undefined ? {} : { earliest }) };
  };
}

function withPod(change: (pod: Json) => void): Variation {
  return (observation) => {
    const copy = structuredClone(observation);
    // A specimen may be any JSON, so it is changed as such.
    if (copy.pod !== undefined) change(copy.pod);
    return copy;
  };
}

/** A member that is an object; one that is thrown away where it is none. */
function memberOf(object: Json, name: string): Json {
  const member = object[name];
  return typeof member === 'object' && member !== null ? (member as Json) : {};
}

function inLaterForm(event: AnyEvent): AnyEvent {
  if (!('involvedObject' in event)) return event;
  const { involvedObject, message, count, firstTimestamp, lastTimestamp, ...rest } = event;
  const later: Json = {
    ...rest,
    apiVersion: 'events.k8s.io/v1',
    regarding: involvedObject,
    note: message,
    deprecatedCount: count,
    ...(firstTimestamp === undefined ? {} : { deprecatedFirstTimestamp: firstTimestamp }),
    ...(lastTimestamp === undefined ? {} : { deprecatedLastTimestamp: lastTimestamp }),
  };
  return later as unknown as AnyEvent; // of an Event only what is looked at
}
