import type { Authorizer, StoreReader, TypeRegistry } from '../../contracts.ts';
import type { WebhookCaller } from '../../webhooks/webhook-caller.ts';
import type { AdmissionAttributes, AdmissionPlugin } from '../chain.ts';
import { isExemptFromWebhooks } from '../matching/exempt-kinds.ts';
import { AdmissionHooks } from './admission-hook.ts';
import { applyResponse } from './apply-response.ts';
import { HookDispatcher } from './hook-dispatcher.ts';

/** What {@link WebhookAdmission} takes. */
export interface WebhookAdmissionOptions {
  readonly store: StoreReader;
  readonly registry: Pick<TypeRegistry, 'all'>;
  readonly caller: WebhookCaller;
  /** What conditions ask. */
  readonly authorizer: Authorizer;
}

/** Asks the webhooks of Mutating- and ValidatingWebhookConfigurations about each write. */
export class WebhookAdmission implements AdmissionPlugin, Disposable {
  readonly name = 'AdmissionWebhooks';
  readonly #mutating: AdmissionHooks;
  readonly #validating: AdmissionHooks;
  readonly #dispatcher: HookDispatcher;
  readonly #followers = new DisposableStack();

  constructor({ store, registry, caller, authorizer }: WebhookAdmissionOptions) {
    this.#mutating = new AdmissionHooks(store, 'Mutating');
    this.#validating = new AdmissionHooks(store, 'Validating');
    this.#dispatcher = new HookDispatcher({ caller, registry, authorizer });
    this.#followers.use(this.#mutating.follow());
    this.#followers.use(this.#validating.follow());
  }

  /** One after the other: each sees what those before it have made of the object. */
  async admit(attributes: AdmissionAttributes): Promise<void> {
    const hooks = this.#mutating.all();
    if (hooks.length === 0 || isExemptFromWebhooks(attributes)) return;
    const { reinvocation } = attributes;
    reinvocation.begin(attributes.object);
    for (const hook of hooks) {
      const invocation = await this.#dispatcher.invocation(hook, attributes);
      if (invocation === undefined || !reinvocation.isDue(hook.id)) continue;
      const response = await this.#dispatcher.call(invocation, 'mutating');
      const hasChanged =
        response !== undefined && (await applyResponse(invocation, response.patch));
      reinvocation.called(hook.id, { hasChanged, isReinvocable: hook.isReinvocable });
    }
    reinvocation.end(attributes.object);
  }

  /** All at once; of several refusals the first to arrive is answered. */
  async validate(attributes: AdmissionAttributes): Promise<void> {
    const hooks = this.#validating.all();
    if (hooks.length === 0 || isExemptFromWebhooks(attributes)) return;
    const invocations = [];
    for (const hook of hooks) {
      const invocation = await this.#dispatcher.invocation(hook, attributes);
      if (invocation !== undefined) invocations.push(invocation);
    }
    const refusals: unknown[] = [];
    await Promise.all(
      invocations.map(async (invocation) =>
        this.#dispatcher.call(invocation, 'validating').catch((error: unknown) => {
          refusals.push(error);
        }),
      ),
    );
    if (refusals.length > 0) throw refusals[0];
  }

  [Symbol.dispose](): void {
    this.#followers.dispose();
  }
}
