import { Namespace } from '@kubewright/apimachinery';
import type { Client } from '@kubewright/client';

/** Makes namespaces for tests and deletes them at the end. */
export class TestNamespaces {
  readonly #client: Client;
  readonly #names: string[] = [];

  constructor(client: Client) {
    this.#client = client;
  }

  /** The name of a new namespace. */
  async create(): Promise<string> {
    const { metadata } = await this.#client.create(Namespace, {
      metadata: { generateName: 'test-', labels: { 'kubewright.test': 'true' } },
    });
    this.#names.push(metadata.name);
    return metadata.name;
  }

  /** Asks for all of them to be deleted; does not wait. */
  async deleteAll(): Promise<void> {
    const names = this.#names.splice(0);
    await Promise.allSettled(names.map((name) => this.#client.delete(Namespace, { name })));
  }
}
