import {
  ConfigMap,
  isNotFound,
  ValidatingAdmissionPolicy,
  ValidatingAdmissionPolicyBinding,
  type NamedRuleWithOperations,
  type Resource,
  type ValidatingAdmissionPolicyBindingSpec,
  type ValidatingAdmissionPolicySpec,
} from '@kubewright/apimachinery';
import type { Client } from '@kubewright/client';
import { errorText, untilAnswer } from './until-answer.ts';

/** Requests for ConfigMaps that create them. */
export const configMaps: NamedRuleWithOperations = {
  apiGroups: [''],
  apiVersions: ['v1'],
  resources: ['configmaps'],
  operations: ['CREATE'],
};

/** What a test says of a policy; the rest is filled in. */
export interface PolicyDraft {
  readonly rules?: NamedRuleWithOperations[];
  readonly policy?: Partial<ValidatingAdmissionPolicySpec>;
  readonly binding?: Partial<ValidatingAdmissionPolicyBindingSpec>;
}

/** Puts policies in force, on a cluster that others use too: each is about one namespace. */
export class TestPolicies {
  readonly #client: Client;
  readonly #probes: string;
  readonly #made: string[] = [];
  #count = 0;

  /** @param probes a namespace of its own */
  constructor(client: Client, probes: string) {
    this.#client = client;
    this.#probes = probes;
  }

  /**
   * Makes a policy for a namespace, bound by a binding of its own, and waits until it is in force.
   *
   * @returns the name of both
   */
  async enforce(namespace: string, draft: PolicyDraft): Promise<string> {
    const name = await this.create(namespace, draft);
    await this.untilInForce();
    return name;
  }

  /** As {@link enforce}, without waiting. */
  async create(namespace: string, { rules, policy, binding }: PolicyDraft): Promise<string> {
    this.#count += 1;
    const name = `suite-${namespace}-${String(this.#count)}`;
    this.#made.push(name);
    await this.#client.create(ValidatingAdmissionPolicy, {
      metadata: { name },
      spec: {
        matchConstraints: {
          resourceRules: rules ?? [configMaps],
          namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } },
        },
        validations: [{ expression: 'false', message: 'no' }],
        ...policy,
      },
    });
    await this.#client.create(ValidatingAdmissionPolicyBinding, {
      metadata: { name },
      spec: { policyName: name, validationActions: ['Deny'], ...binding },
    });
    return name;
  }

  /**
   * Servers take policies over some moments later. A policy that is made after all others tells when: it refuses one
   * object in a namespace of its own.
   */
  async untilInForce(): Promise<void> {
    const name = await this.create(this.#probes, {});
    const probe = { metadata: { namespace: this.#probes, name: 'probe' } };
    await untilAnswer(
      () => errorText(this.#client.create(ConfigMap, probe, { dryRun: true })),
      (text) => text.includes(name),
    );
    await this.#remove(name);
  }

  /** Removes what it has made. */
  async clear(): Promise<void> {
    for (const name of this.#made.splice(0)) await this.#remove(name);
  }

  async #remove(name: string): Promise<void> {
    const kinds: readonly Resource[] = [
      ValidatingAdmissionPolicyBinding,
      ValidatingAdmissionPolicy,
    ];
    for (const resource of kinds) {
      await this.#client.delete(resource, { name }).catch((error: unknown) => {
        if (!isNotFound(error)) throw error;
      });
    }
  }
}
