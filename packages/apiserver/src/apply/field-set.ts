import { comparePathElements, type PathElement } from './path-element.ts';

/** A set of paths, as a tree. Immutable: every operation makes a new one and shares what stays the same. */
export class FieldSet {
  static readonly empty: FieldSet = new FieldSet(new Set(), new Map());

  /** Steps that are in the set themselves. */
  readonly members: ReadonlySet<PathElement>;
  /** What is in the set below a step. Invariant: no child is empty. */
  readonly children: ReadonlyMap<PathElement, FieldSet>;

  constructor(members: ReadonlySet<PathElement>, children: ReadonlyMap<PathElement, FieldSet>) {
    this.members = members;
    this.children = children;
  }

  get isEmpty(): boolean {
    return this.members.size === 0 && this.children.size === 0;
  }

  /** All steps that occur at this level, in the order of FieldsV1. */
  steps(): PathElement[] {
    return [...new Set([...this.members, ...this.children.keys()])].sort(comparePathElements);
  }

  child(step: PathElement): FieldSet {
    return this.children.get(step) ?? FieldSet.empty;
  }

  /** Whether the step, or anything below it, is in the set. */
  touches(step: PathElement): boolean {
    return this.members.has(step) || this.children.has(step);
  }

  union(other: FieldSet): FieldSet {
    if (other.isEmpty) return this;
    if (this.isEmpty) return other;
    const children = new Map(this.children);
    for (const [step, child] of other.children) {
      children.set(step, child.union(children.get(step) ?? FieldSet.empty));
    }
    return new FieldSet(new Set([...this.members, ...other.members]), children);
  }

  intersection(other: FieldSet): FieldSet {
    const members = new Set([...this.members].filter((step) => other.members.has(step)));
    return this.#withChildren(members, (step, child) => child.intersection(other.child(step)));
  }

  /** What is in this set and not in the other, path by path: a removed parent keeps its children. */
  difference(other: FieldSet): FieldSet {
    if (other.isEmpty) return this;
    const members = new Set([...this.members].filter((step) => !other.members.has(step)));
    return this.#withChildren(members, (step, child) => child.difference(other.child(step)));
  }

  /** What is neither in the other set nor below a member of it. */
  recursiveDifference(other: FieldSet): FieldSet {
    if (other.isEmpty) return this;
    const members = new Set([...this.members].filter((step) => !other.members.has(step)));
    return this.#withChildren(members, (step, child) =>
      other.members.has(step) ? FieldSet.empty : child.recursiveDifference(other.child(step)),
    );
  }

  equals(other: FieldSet): boolean {
    if (this.members.size !== other.members.size || this.children.size !== other.children.size) {
      return false;
    }
    for (const step of this.members) if (!other.members.has(step)) return false;
    for (const [step, child] of this.children) {
      const counterpart = other.children.get(step);
      if (counterpart === undefined || !child.equals(counterpart)) return false;
    }
    return true;
  }

  /** All paths, depth first in the order of FieldsV1, a parent before what is below it. */
  *paths(prefix: readonly PathElement[] = []): Generator<readonly PathElement[]> {
    for (const step of this.steps()) {
      const path = [...prefix, step];
      if (this.members.has(step)) yield path;
      yield* this.child(step).paths(path);
    }
  }

  #withChildren(
    members: ReadonlySet<PathElement>,
    change: (step: PathElement, child: FieldSet) => FieldSet,
  ): FieldSet {
    const children = new Map<PathElement, FieldSet>();
    for (const [step, child] of this.children) {
      const changed = change(step, child);
      if (!changed.isEmpty) children.set(step, changed);
    }
    return new FieldSet(members, children);
  }
}

/** Collects paths one level at a time. */
export class FieldSetBuilder {
  readonly #members = new Set<PathElement>();
  readonly #children = new Map<PathElement, FieldSetBuilder>();

  add(step: PathElement): void {
    this.#members.add(step);
  }

  /** The builder of what is below a step; adds nothing by itself. */
  at(step: PathElement): FieldSetBuilder {
    let child = this.#children.get(step);
    if (child === undefined) {
      child = new FieldSetBuilder();
      this.#children.set(step, child);
    }
    return child;
  }

  build(): FieldSet {
    const children = new Map<PathElement, FieldSet>();
    for (const [step, builder] of this.#children) {
      const child = builder.build();
      if (!child.isEmpty) children.set(step, child);
    }
    return new FieldSet(this.#members, children);
  }
}

/** A set of the given paths. */
export function fieldSetOf(paths: readonly (readonly PathElement[])[]): FieldSet {
  const root = new FieldSetBuilder();
  for (const path of paths) {
    let builder = root;
    for (const [index, step] of path.entries()) {
      if (index === path.length - 1) builder.add(step);
      else builder = builder.at(step);
    }
  }
  return root.build();
}
