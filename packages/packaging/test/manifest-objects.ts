import assert from 'node:assert/strict';
import type { KubernetesObject, Resource } from '@kubewright/apimachinery';
import { parseAllDocuments } from 'yaml';

/** The objects of a YAML text. */
export class ManifestObjects {
  readonly all: readonly KubernetesObject[];

  constructor(text: string | undefined) {
    assert.ok(text !== undefined, 'the file is generated');
    this.all = parseAllDocuments(text).map(
      (document) => document.toJS() as KubernetesObject, // what our own files hold
    );
  }

  /** Those of a kind. */
  of<T extends KubernetesObject>({ kind }: Resource<T>): readonly T[] {
    // By its kind it is of this type.
    return this.all.filter((each) => each.kind === kind) as T[];
  }

  /** The one of a kind with a name; a test fails without it. */
  get<T extends KubernetesObject>(resource: Resource<T>, name: string): T {
    const found = this.of(resource).find(({ metadata }) => metadata.name === name);
    assert.ok(found !== undefined, `${resource.kind} ${name} is there`);
    return found;
  }
}
