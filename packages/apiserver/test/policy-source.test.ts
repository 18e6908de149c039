import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PolicySource } from '../src/admission/policies/policy-source.ts';
import type { ObjectStore } from '../src/contracts.ts';
import { MemoryStore } from '../src/storage/memory-store.ts';
import { StandingClock } from './access-fixture.ts';

const POLICIES = 'validatingadmissionpolicies.admissionregistration.k8s.io';
const BINDINGS = 'validatingadmissionpolicybindings.admissionregistration.k8s.io';

function storeWith(...policies: readonly string[]): ObjectStore {
  const store = new MemoryStore({ clock: new StandingClock(), logCapacity: 100 });
  for (const name of policies) {
    store.insert(POLICIES, {
      metadata: { name },
      spec: { matchConstraints: {}, validations: [{ expression: 'true' }] },
    });
  }
  return store;
}

function bind(store: ObjectStore, name: string, policyName: string): void {
  store.insert(BINDINGS, { metadata: { name }, spec: { policyName, validationActions: ['Deny'] } });
}

test('policies without a binding are not in force, nor bindings without a policy', () => {
  const store = storeWith('bound', 'unbound');
  bind(store, 'one', 'bound');
  bind(store, 'two', 'nothing');
  const source = new PolicySource(store);
  assert.deepEqual(
    source.all().map(({ policy }) => policy.name),
    ['bound'],
  );
});

test('a policy is compiled once, until it changes', () => {
  const store = storeWith('a', 'b');
  bind(store, 'a', 'a');
  bind(store, 'b', 'b');
  const source = new PolicySource(store);
  using _following = source.follow();
  const policies = () => source.all().map(({ policy }) => policy);
  const before = policies();
  bind(store, 'c', 'a');
  assert.deepEqual(
    policies().map((policy, index) => policy === before[index]),
    [true, true],
  );
  store.modify(POLICIES, undefined, 'a', (policy) => ({
    ...policy,
    spec: { matchConstraints: {}, validations: [{ expression: 'false' }] },
  }));
  assert.deepEqual(
    policies().map((policy, index) => policy === before[index]),
    [false, true],
  );
});

test('a binding that goes takes its policy out of force', () => {
  const store = storeWith('a');
  bind(store, 'a', 'a');
  const source = new PolicySource(store);
  using _following = source.follow();
  assert.equal(source.all().length, 1);
  store.remove(BINDINGS, undefined, 'a');
  assert.deepEqual(source.all(), []);
});
