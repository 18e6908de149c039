import { CustomResourceDefinition, isAlreadyExists, isNotFound } from '@kubewright/apimachinery';
import type { Client } from '@kubewright/client';
import { untilServed } from './until-served.ts';

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
    await untilServed(this.#client, manifests);
  }

  /** Returns when they are gone: whoever comes next may install them again. */
  async removeAll(): Promise<void> {
    const names = this.#names.splice(0);
    for (const name of names) await this.#client.delete(CustomResourceDefinition, { name });
    for (const name of names) {
      while (await this.#isThere(name)) await new Promise((resolve) => setTimeout(resolve, pollMs));
    }
  }

  async #isThere(name: string): Promise<boolean> {
    try {
      await this.#client.get(CustomResourceDefinition, { name });
      return true;
    } catch (error) {
      if (isNotFound(error)) return false;
      throw error;
    }
  }
}
