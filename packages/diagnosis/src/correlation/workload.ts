import { Field } from '../facts/index.ts';
import type { ObjectRef } from '../model/index.ts';
import type { AnyObject, SnapshotIndex } from './snapshot-index.ts';

/** What a pod belongs to, for a person: the Deployment and not its ReplicaSet, the CronJob and not its Job. */
export interface Workload {
  readonly ref: ObjectRef;
  /** The same for the same workload. */
  readonly key: string;
  /** The revision of its pod template that the pod was made from; undefined where there are none. */
  readonly revision: string | undefined;
}

/** Finds the workloads of the subjects of one snapshot; the pods of one owner share the answer. */
export class Workloads {
  readonly #index: SnapshotIndex;
  readonly #byOwner = new Map<string, ObjectRef>();

  constructor(index: SnapshotIndex) {
    this.#index = index;
  }

  /** Whom a pod, or an owner that makes pods, belongs to. What was not seen is told from names and labels. */
  of(object: AnyObject, self: ObjectRef): Workload {
    const view = Field.root(object);
    const hash = view.textAt('metadata', 'labels', 'pod-template-hash');
    const revision = hash ?? view.textAt('metadata', 'labels', 'controller-revision-hash');
    const owner = controllerOf(view, self);
    const ref = owner === undefined ? self : this.#above(owner, hash);
    return { ref, key: keyOfRef(ref), revision };
  }

  #above(owner: ObjectRef, hash: string | undefined): ObjectRef {
    const key = keyOfRef(owner);
    const known = this.#byOwner.get(key);
    if (known !== undefined) return known;
    const seen = this.#index.find(owner.kind, owner.namespace, owner.name);
    const above =
      seen === undefined ? guessedOwner(owner, hash) : controllerOf(Field.root(seen), owner);
    this.#byOwner.set(key, above ?? owner);
    return above ?? owner;
  }
}

/** One text for one reference. */
export function keyOfRef({ kind, namespace, name }: ObjectRef): string {
  return `${kind}/${namespace ?? ''}/${name}`;
}

/** Its controller. A node is none: each static pod stands for itself. */
function controllerOf(view: Field, self: ObjectRef): ObjectRef | undefined {
  const reference = view.at('metadata', 'ownerReferences').itemWhere('controller', true);
  const [kind, name] = [reference.textAt('kind'), reference.textAt('name')];
  if (kind === undefined || name === undefined || kind === 'Node') return undefined;
  return { ...placeOf(self), kind, name };
}

function guessedOwner(owner: ObjectRef, hash: string | undefined): ObjectRef | undefined {
  if (owner.kind === 'ReplicaSet' && hash !== undefined && owner.name.endsWith(`-${hash}`)) {
    return { ...owner, kind: 'Deployment', name: owner.name.slice(0, -hash.length - 1) };
  }
  // A CronJob names its Jobs by the minute since 1970.
  const scheduled = owner.kind === 'Job' ? /^(.+)-\d{8,10}$/.exec(owner.name)?.[1] : undefined;
  return scheduled === undefined ? undefined : { ...owner, kind: 'CronJob', name: scheduled };
}

function placeOf({ namespace }: ObjectRef): Pick<ObjectRef, 'namespace'> {
  return namespace === undefined ? {} : { namespace };
}
