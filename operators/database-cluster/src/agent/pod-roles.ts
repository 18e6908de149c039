import { isNotFound, Pod } from '@kubewright/apimachinery';
import type { Client } from '@kubewright/client';
import { roleLabel, roles } from '../api/labels.ts';

type Role = keyof typeof roles;

/** Rounds after which a label is looked at although nothing changed: somebody may have changed it. */
const roundsBetweenLooks = 15;

/** Keeps the labels that the Services select pods by. */
export class PodRoles {
  readonly #client: Client;
  readonly #namespace: string;
  readonly #self: string;
  #known: Role | undefined;
  #rounds = 0;

  constructor(client: Client, namespace: string, self: string) {
    this.#client = client;
    this.#namespace = namespace;
    this.#self = self;
  }

  /** Labels the own pod, and looks at the label from time to time. */
  async keep(role: Role, signal: AbortSignal): Promise<void> {
    this.#rounds += 1;
    if (this.#known === role && this.#rounds % roundsBetweenLooks !== 0) return;
    await this.#label(this.#self, role, signal);
    this.#known = role;
  }

  /** Takes the label of the primary from another pod, before this one gets it. A pod that is gone has none. */
  async demote(name: string, signal: AbortSignal): Promise<void> {
    try {
      await this.#label(name, 'replica', signal);
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }

  /** Address of another pod; undefined when there is none. */
  async addressOf(name: string, signal: AbortSignal): Promise<string | undefined> {
    try {
      const pod = await this.#client.get(Pod, { namespace: this.#namespace, name }, { signal });
      return pod.status?.podIP;
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }

  async #label(name: string, role: Role, signal: AbortSignal): Promise<void> {
    await this.#client.patch(
      Pod,
      { namespace: this.#namespace, name },
      { type: 'merge', body: { metadata: { labels: { [roleLabel]: roles[role] } } } },
      { signal },
    );
  }
}
