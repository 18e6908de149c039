import {
  foregroundFinalizer,
  isWaitingForDependents,
  orphanFinalizer,
  type GraphNode,
} from './owner-graph.ts';
import type { DeepReadonly, OwnerReference } from '@kubewright/apimachinery';

/** What is known of one owner: there, going and waiting for its dependents, or gone (another uid counts as gone). */
export type OwnerState = 'solid' | 'waiting' | 'absent';

/** What to do with one object next. */
export type Action =
  | { readonly type: 'nothing' }
  /** Delete it: nobody owns it any more. */
  | { readonly type: 'delete'; readonly propagationPolicy: 'Foreground' | 'Background' | 'Orphan' }
  /** Drop references to owners that are gone or going; others still own it. */
  | { readonly type: 'disown'; readonly ownerReferences: readonly DeepReadonly<OwnerReference>[] }
  /** Keep no owner waiting any more: it waits for this one, and this one for it. */
  | { readonly type: 'unblock'; readonly ownerReferences: readonly DeepReadonly<OwnerReference>[] }
  /** Let it go: no dependent blocks it any more. */
  | { readonly type: 'remove-finalizer'; readonly finalizer: string }
  /** Cut these dependents loose, then remove the finalizer. */
  | { readonly type: 'orphan-dependents'; readonly dependents: readonly GraphNode[] }
  /** Its dependents must be looked at first. */
  | { readonly type: 'wait'; readonly dependents: readonly GraphNode[] };

/** The next step for one object, given the state of its owners (by uid) and its dependents. */
export function planFor(
  node: GraphNode,
  stateOf: (owner: DeepReadonly<OwnerReference>) => OwnerState,
  dependents: readonly GraphNode[],
): Action {
  if (node.isDeleting) return planForDeleting(node, dependents);
  if (node.owners.length === 0) return { type: 'nothing' };
  const states = node.owners.map((owner) => ({ owner, state: stateOf(owner) }));
  const solid = states.filter(({ state }) => state === 'solid').map(({ owner }) => owner);
  if (solid.length === node.owners.length) return { type: 'nothing' };
  if (solid.length > 0) return { type: 'disown', ownerReferences: solid };
  const isAwaited = states.some(({ state }) => state === 'waiting');
  if (isAwaited && dependents.length > 0) {
    // A dependent that waits itself may be an owner's owner. Circles found so may be none; unblocking costs only the order.
    const isInCircle = dependents.some(isWaitingForDependents);
    if (isInCircle && node.owners.some(isBlocking)) {
      const unblocked = node.owners.map((owner) =>
        isBlocking(owner) ? { ...owner, blockOwnerDeletion: false } : owner,
      );
      return { type: 'unblock', ownerReferences: unblocked };
    }
    return { type: 'delete', propagationPolicy: 'Foreground' };
  }
  // What the object itself asks for is kept, as its finalizers say it.
  if (node.finalizers.includes(orphanFinalizer))
    return { type: 'delete', propagationPolicy: 'Orphan' };
  if (node.finalizers.includes(foregroundFinalizer))
    return { type: 'delete', propagationPolicy: 'Foreground' };
  return { type: 'delete', propagationPolicy: 'Background' };
}

function isBlocking({ blockOwnerDeletion }: DeepReadonly<OwnerReference>): boolean {
  return blockOwnerDeletion === true;
}

function planForDeleting(node: GraphNode, dependents: readonly GraphNode[]): Action {
  if (node.finalizers.includes(orphanFinalizer)) return { type: 'orphan-dependents', dependents };
  if (!isWaitingForDependents(node)) return { type: 'nothing' };
  const blocking = dependents.filter(({ owners }) =>
    owners.some((owner) => owner.uid === node.uid && isBlocking(owner)),
  );
  return blocking.length === 0
    ? { type: 'remove-finalizer', finalizer: foregroundFinalizer }
    : { type: 'wait', dependents };
}
