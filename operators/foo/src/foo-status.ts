import { findCondition, setCondition, type ConditionInput } from '@kubewright/apimachinery';
import type { Cached } from '@kubewright/runtime';
import type { ReadProblem } from '@kubewright/runtime/operator';
import type { Foo, FooStatus } from './api/foo.ts';

/** What was found out about the friend of a Foo. */
export type Friend =
  | { readonly type: 'found' }
  | { readonly type: 'missing' }
  /** Pods or Foos cannot be read, so that nobody knows. */
  | { readonly type: 'unknown'; readonly problem: ReadProblem };

/** The status that a Foo should have; undefined when it has it. */
export function nextStatus(foo: Cached<Foo>, friend: Friend, now: Date): FooStatus | undefined {
  const { metadata, status } = foo;
  const conditions = setCondition(status?.conditions, readyCondition(foo, friend), now);
  const happy = happiness(foo, friend);
  const isCurrent =
    conditions === status?.conditions &&
    happy === status.happy &&
    metadata.generation === status.observedGeneration;
  if (isCurrent) return undefined;
  return { happy, observedGeneration: metadata.generation, conditions };
}

/** Whether the operator could say anything about the Foo when it last tried. */
export function isReady({ status }: Cached<Foo>): boolean {
  return findCondition(status?.conditions, 'Ready')?.status === 'True';
}

/** As long as nobody knows better, what was known last. */
function happiness({ status }: Cached<Foo>, friend: Friend): boolean | undefined {
  return friend.type === 'unknown' ? status?.happy : friend.type === 'found';
}

function readyCondition({ metadata, spec }: Cached<Foo>, friend: Friend): ConditionInput {
  const base = { type: 'Ready', observedGeneration: metadata.generation } as const;
  switch (friend.type) {
    case 'found':
      return { ...base, status: 'True', reason: 'FriendFound', message: `pod ${spec.name} exists` };
    case 'missing':
      return {
        ...base,
        status: 'True',
        reason: 'FriendMissing',
        message: `pod ${spec.name} does not exist`,
      };
    case 'unknown':
      return { ...base, status: 'False', ...friend.problem };
    default:
      return friend satisfies never;
  }
}
