import type { JsonObject, StoreReader } from '../../contracts.ts';
import { objectAt, textAt } from '../../registry/json-read.ts';
import {
  readBinding,
  readPolicy,
  type AdmissionPolicy,
  type PolicyBinding,
} from './admission-policy.ts';

/** Where policies and their bindings are stored. */
export const POLICIES = 'validatingadmissionpolicies.admissionregistration.k8s.io';
export const BINDINGS = 'validatingadmissionpolicybindings.admissionregistration.k8s.io';

/** A policy that is in force. */
export interface BoundPolicy {
  readonly policy: AdmissionPolicy;
  /** At least one, by name. */
  readonly bindings: readonly PolicyBinding[];
}

interface Compiled {
  readonly resourceVersion: string;
  readonly policy: AdmissionPolicy;
}

/** The policies that have bindings, by name. A policy is compiled once for each of its versions. */
export class PolicySource {
  readonly #store: StoreReader;
  /** By name; holds what is in force and nothing else. */
  #compiled: ReadonlyMap<string, Compiled> = new Map();
  /** Undefined after a change, until somebody asks. */
  #bound: readonly BoundPolicy[] | undefined;

  constructor(store: StoreReader) {
    this.#store = store;
  }

  /** Keeps in step with the store until disposed of. */
  follow(): Disposable {
    const followers = new DisposableStack();
    for (const key of [POLICIES, BINDINGS]) {
      followers.use(
        this.#store.observe(key, () => {
          this.#bound = undefined;
        }),
      );
    }
    return followers;
  }

  all(): readonly BoundPolicy[] {
    this.#bound ??= this.#read();
    return this.#bound;
  }

  #read(): readonly BoundPolicy[] {
    const bindings = Map.groupBy(this.#store.list(BINDINGS), (binding) =>
      textAt(objectAt(binding, 'spec'), 'policyName'),
    );
    const compiled = new Map<string, Compiled>();
    const bound = this.#store.list(POLICIES).flatMap((stored) => {
      const name = textAt(objectAt(stored, 'metadata'), 'name');
      const own = bindings.get(name);
      if (own === undefined) return [];
      const entry = this.#compile(name, stored);
      compiled.set(name, entry);
      return [{ policy: entry.policy, bindings: own.map(readBinding) }];
    });
    this.#compiled = compiled;
    return bound;
  }

  #compile(name: string, stored: JsonObject): Compiled {
    const resourceVersion = textAt(objectAt(stored, 'metadata'), 'resourceVersion');
    const known = this.#compiled.get(name);
    if (known?.resourceVersion === resourceVersion) return known;
    return { resourceVersion, policy: readPolicy(stored) };
  }
}
