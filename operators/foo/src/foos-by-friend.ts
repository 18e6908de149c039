import type { Stored } from '@kubewright/apimachinery';
import type { Cache, Cached, Informer } from '@kubewright/runtime';
import { Foo } from './api/foo.ts';

/** Files Foos under the pod that they look for. */
const friendIndex = 'friend';

/** Finds the Foos that look for a pod, at a cost that depends on how many these are, and not on how many Foos there are. */
export class FoosByFriend {
  readonly #foos: Informer<Foo>;

  constructor(cache: Cache) {
    this.#foos = cache.informer(Foo.resource);
    this.#foos.addIndex(friendIndex, friendOf);
  }

  /** The Foos that look for a pod. */
  lookingFor(namespace: string | undefined, pod: string): readonly Cached<Foo>[] {
    return this.#foos.byIndex(friendIndex, valueOf(namespace, pod));
  }
}

function friendOf({ metadata, spec }: Stored<Foo>): readonly string[] {
  return [valueOf(metadata.namespace, spec.name)];
}

/** Neither a namespace nor the name of a pod has a slash. */
function valueOf(namespace: string | undefined, pod: string): string {
  return `${namespace ?? ''}/${pod}`;
}
