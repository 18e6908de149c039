import {
  deepEqual,
  isControlledBy,
  isNotFound,
  Secret,
  type DeepReadonly,
  type Stored,
} from '@kubewright/apimachinery';
import type { ApplyConfiguration, Client } from '@kubewright/client';
import { operatorName } from '../objects/cluster-context.ts';
import { textsOf } from '../objects/secrets.ts';
import { foreignObjectError } from './apply-error.ts';

/** Where a {@link SecretKeeper} works. */
export interface SecretKeeperOptions {
  readonly client: Client;
  /** The cluster that the Secrets belong to. */
  readonly owner: { readonly metadata: { readonly uid: string; readonly name: string } };
  readonly signal: AbortSignal;
}

/** Keeps Secrets as they should be. They are read one by one, by name: the operator neither lists Secrets nor holds any in memory. */
export class SecretKeeper {
  readonly #options: SecretKeeperOptions;

  constructor(options: SecretKeeperOptions) {
    this.#options = options;
  }

  /** The texts of a Secret; none when it does not exist. */
  async texts(namespace: string, name: string): Promise<Readonly<Record<string, string>>> {
    const live = await this.#read(namespace, name);
    return live === undefined ? {} : textsOf(live);
  }

  /**
   * Makes a Secret so, if it is not.
   *
   * @param wanted - The Secret, from the texts that it has now.
   * @throws NameTakenError when a Secret of that name belongs to somebody else.
   * @throws PredecessorError while that of an earlier cluster of the same name is there.
   */
  async ensure(
    namespace: string,
    name: string,
    wanted: (present: Readonly<Record<string, string>>) => Secret,
  ): Promise<void> {
    const { client, owner, signal } = this.#options;
    const live = await this.#read(namespace, name);
    if (live !== undefined && !isControlledBy(live, owner))
      throw foreignObjectError('Secret', name, live, owner);
    if (live?.metadata.deletionTimestamp !== undefined) return;
    const secret = wanted(live === undefined ? {} : textsOf(live));
    if (live !== undefined && deepEqual(live.data, secret.data)) return;
    // Safe: a whole object is an intent about all its fields; it has a name.
    const configuration = secret as unknown as ApplyConfiguration<Secret>;
    await client.apply(Secret, configuration, { fieldManager: operatorName, force: true, signal });
  }

  async #read(namespace: string, name: string): Promise<DeepReadonly<Stored<Secret>> | undefined> {
    const { client, signal } = this.#options;
    try {
      return await client.get(Secret, { namespace, name }, { signal });
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }
}
