import type { Reinvocation } from './reinvocation.ts';
import type { Clock, JsonObject, ResourceType, StoreReader, UserInfo } from '../contracts.ts';

/** One write on its way into the store, as admission sees it. */
export interface AdmissionAttributes {
  readonly operation: 'CREATE' | 'UPDATE' | 'DELETE' | 'CONNECT';
  readonly type: ResourceType;
  /** The empty string for the main resource. */
  readonly subresource: string;
  /** Of the object, when the subresource has a kind of its own (Scale, Binding); undefined for that of the type. */
  readonly kind?: { readonly group: string; readonly version: string; readonly kind: string };
  readonly namespace: string | undefined;
  readonly name: string;
  /** The new object in the version of the request, changed in place by mutating plugins; absent for DELETE. */
  readonly object: JsonObject | undefined;
  readonly old: JsonObject | undefined;
  readonly user: UserInfo;
  readonly dryRun: boolean;
  /** `CreateOptions`, `UpdateOptions` or `DeleteOptions`; undefined for CONNECT. */
  readonly options: JsonObject | undefined;
  readonly reinvocation: Reinvocation;
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
  /**
   * Runs in the turn in which the object is stored, which only a refusal keeps from happening; never for a dry run. Must
   * not refuse after it has changed something.
   *
   * @throws StatusError to refuse
   */
  commit?(attributes: AdmissionAttributes): void;
}

/**
 * The plugins in their order; all mutating steps run before all validating ones, and twice when a webhook has changed the
 * object.
 */
export class AdmissionChain {
  readonly #plugins: readonly AdmissionPlugin[];

  constructor(plugins: readonly AdmissionPlugin[]) {
    this.#plugins = plugins;
  }

  async admit(attributes: AdmissionAttributes): Promise<void> {
    const { reinvocation } = attributes;
    await this.#admitOnce(attributes);
    if (!reinvocation.isRequested) return;
    reinvocation.isAgain = true;
    await this.#admitOnce(attributes);
  }

  async validate(attributes: AdmissionAttributes): Promise<void> {
    for (const plugin of this.#plugins) await plugin.validate?.(attributes);
  }

  /** Before the object is stored, in the same turn: nothing is waited for in between. */
  commit(attributes: AdmissionAttributes): void {
    for (const plugin of this.#plugins) plugin.commit?.(attributes);
  }

  async #admitOnce(attributes: AdmissionAttributes): Promise<void> {
    for (const plugin of this.#plugins) await plugin.admit?.(attributes);
  }
}
