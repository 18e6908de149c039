import {
  ConfigMap,
  isAlreadyExists,
  isNotFound,
  Namespace,
  ServiceAccount,
  type NamespacedName,
  type Resource,
} from '@kubewright/apimachinery';
import type { Client } from '@kubewright/client';

/** How long a controller manager is given to show itself, in milliseconds. */
const appearLimitMs = 3_000;
/** Longest wait for what a controller manager makes that is there, in milliseconds; it bounds a failure only. */
const furnishLimitMs = 120_000;
const pollMs = 100;

/** Makes namespaces for tests and deletes them at the end. */
export class TestNamespaces {
  readonly #client: Client;
  readonly #hasControllers: boolean;
  readonly #names: string[] = [];

  /** With controllers, these furnish a namespace; without them it gets here what a pod needs. */
  constructor(client: Client, hasControllers: boolean) {
    this.#client = client;
    this.#hasControllers = hasControllers;
  }

  /** The name of a new namespace, which pods can be made in. */
  async create(): Promise<string> {
    const { metadata } = await this.#client.create(Namespace, {
      metadata: { generateName: 'test-', labels: { 'kubewright.test': 'true' } },
    });
    this.#names.push(metadata.name);
    if (this.#hasControllers) await this.#untilFurnished(metadata.name);
    else await this.#addAccount(metadata.name);
    return metadata.name;
  }

  /** Asks for all of them to be deleted; does not wait. */
  async deleteAll(): Promise<void> {
    const names = this.#names.splice(0);
    await Promise.allSettled(names.map((name) => this.#client.delete(Namespace, { name })));
  }

  /** What controllers put into every namespace is there: a test that counts or watches does not see it come. */
  async #untilFurnished(namespace: string): Promise<void> {
    const furniture = [
      [ServiceAccount, 'default'],
      [ConfigMap, 'kube-root-ca.crt'],
    ] as const;
    for (const [resource, name] of furniture) {
      const isThere = await appears(this.#client, resource, { namespace, name }, furnishLimitMs);
      if (!isThere) throw new Error(`no controller makes ${resource.kind} ${namespace}/${name}`);
    }
  }

  /** No pod is admitted without the account that it runs as. */
  async #addAccount(namespace: string): Promise<void> {
    try {
      await this.#client.create(ServiceAccount, { metadata: { name: 'default', namespace } });
    } catch (error) {
      if (!isAlreadyExists(error)) throw error;
    }
  }
}

/** Whether a controller manager is at work: it gives the default namespace its account within moments. */
export async function hasControllers(client: Client): Promise<boolean> {
  const account = { namespace: 'default', name: 'default' };
  return appears(client, ServiceAccount, account, appearLimitMs);
}

/** Whether an object is there, or comes within a time in milliseconds. */
async function appears(
  client: Client,
  resource: Resource,
  reference: NamespacedName,
  limitMs: number,
): Promise<boolean> {
  const deadline = Date.now() + limitMs;
  do {
    try {
      await client.get(resource, reference);
      return true;
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  } while (Date.now() < deadline);
  return false;
}
