import type { ResourceType, TypeRegistry } from '../contracts.ts';

function keyOf(group: string, version: string, name: string): string {
  return `${group}/${version}/${name}`;
}

/** The served resources: the built-in ones from the start, custom ones as their definitions come and go. */
export class ServerTypeRegistry implements TypeRegistry {
  readonly #builtin: readonly ResourceType[];
  /** By name of the definition. */
  readonly #custom = new Map<string, readonly ResourceType[]>();
  readonly #listeners = new Set<() => void>();
  #all: readonly ResourceType[] = [];
  #byPlural = new Map<string, ResourceType>();
  #byKind = new Map<string, ResourceType>();

  constructor(builtin: readonly ResourceType[]) {
    this.#builtin = builtin;
    this.#rebuild();
  }

  find(group: string, version: string, plural: string): ResourceType | undefined {
    return this.#byPlural.get(keyOf(group, version, plural));
  }

  findKind(group: string, version: string, kind: string): ResourceType | undefined {
    return this.#byKind.get(keyOf(group, version, kind));
  }

  all(): readonly ResourceType[] {
    return this.#all;
  }

  installCustom(definitionName: string, types: readonly ResourceType[]): void {
    this.#custom.set(definitionName, types);
    this.#changed();
  }

  removeCustom(definitionName: string): void {
    if (this.#custom.delete(definitionName)) this.#changed();
  }

  onChange(listener: () => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  #changed(): void {
    this.#rebuild();
    for (const listener of [...this.#listeners]) listener();
  }

  #rebuild(): void {
    const custom = [...this.#custom.values()]
      .flat()
      .sort((left, right) => (left.group < right.group ? -1 : left.group > right.group ? 1 : 0));
    this.#all = [...this.#builtin, ...custom];
    this.#byPlural = new Map();
    this.#byKind = new Map();
    for (const type of this.#all) {
      const plural = keyOf(type.group, type.version, type.plural);
      const kind = keyOf(type.group, type.version, type.kind);
      // A custom resource cannot take the place of a built-in one.
      if (!this.#byPlural.has(plural)) this.#byPlural.set(plural, type);
      if (!this.#byKind.has(kind)) this.#byKind.set(kind, type);
    }
  }
}
