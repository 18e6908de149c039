import {
  CustomResourceDefinition,
  defineResource,
  isAlreadyExists,
  isConditionTrue,
  isNotFound,
  type Resource,
} from '@kubewright/apimachinery';
import type { Client } from '@kubewright/client';

const pollMs = 20;

/** Installs definitions of custom resources for tests, and takes them away at the end. */
export class TestDefinitions {
  readonly #client: Client;
  readonly #names: string[] = [];

  constructor(client: Client) {
    this.#client = client;
  }

  /** Returns when the server serves all their versions. One that is there already is taken as it is, and stays. */
  async install(manifests: readonly CustomResourceDefinition[]): Promise<void> {
    for (const manifest of manifests) {
      const name = manifest.metadata.name ?? '';
      try {
        await this.#client.create(CustomResourceDefinition, manifest);
        this.#names.push(name);
      } catch (error) {
        if (!isAlreadyExists(error)) throw error;
      }
    }
    for (const manifest of manifests) await this.#untilServed(manifest);
  }

  /** Returns when they are gone: whoever comes next may install them again. */
  async removeAll(): Promise<void> {
    const names = this.#names.splice(0);
    for (const name of names) await this.#client.delete(CustomResourceDefinition, { name });
    for (const name of names) await until(async () => (await this.#read(name)) === undefined);
  }

  /** A server says that a definition is established a moment before it serves it. */
  async #untilServed({ metadata, spec }: CustomResourceDefinition): Promise<void> {
    const { group, names, scope, versions } = spec;
    await until(async () => {
      const stored = await this.#read(metadata.name ?? '');
      return isConditionTrue(stored?.status?.conditions, 'Established');
    });
    for (const version of versions.filter(({ served }) => served)) {
      const resource = defineResource({
        group,
        version: version.name,
        kind: names.kind,
        plural: names.plural,
        scope: scope === 'Cluster' ? 'Cluster' : 'Namespaced',
      });
      await until(() => this.#isServed(resource));
    }
  }

  async #isServed(resource: Resource): Promise<boolean> {
    try {
      await this.#client.list(resource, { limit: 1 });
      return true;
    } catch (error) {
      if (isNotFound(error)) return false;
      throw error;
    }
  }

  async #read(name: string): Promise<CustomResourceDefinition | undefined> {
    try {
      return await this.#client.get(CustomResourceDefinition, { name });
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) await new Promise((resolve) => setTimeout(resolve, pollMs));
}
