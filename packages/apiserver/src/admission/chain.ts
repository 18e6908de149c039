import type { Clock, JsonObject, ResourceType, StoreReader, UserInfo } from '../contracts.ts';

/** One write on its way into the store, as admission sees it. */
export interface AdmissionAttributes {
  readonly operation: 'CREATE' | 'UPDATE' | 'DELETE' | 'CONNECT';
  readonly type: ResourceType;
  /** The empty string for the main resource. */
  readonly subresource: string;
  readonly namespace: string | undefined;
  readonly name: string;
  /** The new object in the version of the request, changed in place by mutating plugins; absent for DELETE. */
  readonly object: JsonObject | undefined;
  readonly old: JsonObject | undefined;
  readonly user: UserInfo;
  readonly dryRun: boolean;
  readonly store: StoreReader;
  readonly clock: Clock;
  /** Adds a `Warning` header. */
  warn(message: string): void;
}

/** One step of admission. */
export interface AdmissionPlugin {
  readonly name: string;
  /** May change the object. @throws StatusError to refuse */
  admit?(attributes: AdmissionAttributes): void | Promise<void>;
  /** Sees the object as it will be stored. @throws StatusError to refuse */
  validate?(attributes: AdmissionAttributes): void | Promise<void>;
}

/** The plugins in their order; all mutating steps run before all validating ones. */
export class AdmissionChain {
  readonly #plugins: readonly AdmissionPlugin[];

  constructor(plugins: readonly AdmissionPlugin[]) {
    this.#plugins = plugins;
  }

  async admit(attributes: AdmissionAttributes): Promise<void> {
    for (const plugin of this.#plugins) await plugin.admit?.(attributes);
  }

  async validate(attributes: AdmissionAttributes): Promise<void> {
    for (const plugin of this.#plugins) await plugin.validate?.(attributes);
  }
}
