import { fromLabelSelector } from '@kubewright/apimachinery';
import type { AdmissionExpression } from '../../cel/admission-expression.ts';
import { compileCondition } from '../../cel/match-conditions.ts';
import type { JsonObject, StoreReader } from '../../contracts.ts';
import { listAt, numberAt, objectAt, stringsAt, textAt } from '../../registry/json-read.ts';
import { readClientConfig, type WebhookTarget } from '../../webhooks/client-config.ts';
import type { MatchCriteria } from '../matching/match-request.ts';
import { readRequestRule } from '../matching/request-rule.ts';

/** One webhook of a configuration, read. */
export interface AdmissionHook extends MatchCriteria {
  /** Tells it from all others, also from another of its name in its configuration. */
  readonly id: string;
  readonly name: string;
  readonly target: WebhookTarget;
  readonly reviewVersion: 'v1' | 'v1beta1';
  readonly matchConditions: readonly AdmissionExpression[];
  readonly ignoresFailures: boolean;
  readonly timeoutSeconds: number;
  /** May be called in a dry run. */
  readonly isDryRunSafe: boolean;
  readonly isReinvocable: boolean;
}

function hookOf(webhook: JsonObject, id: string): AdmissionHook {
  const versions = stringsAt(webhook, 'admissionReviewVersions');
  const known = versions.find((version) => version === 'v1' || version === 'v1beta1');
  const sideEffects = textAt(webhook, 'sideEffects');
  const selector = (name: string) =>
    // Stored configurations have been decoded and validated.
    fromLabelSelector(objectAt(webhook, name));
  return {
    id,
    name: textAt(webhook, 'name'),
    target: readClientConfig(objectAt(webhook, 'clientConfig')),
    reviewVersion: known ?? 'v1',
    rules: listAt(webhook, 'rules').map(readRequestRule),
    excludeRules: [],
    namespaceSelector: selector('namespaceSelector'),
    objectSelector: selector('objectSelector'),
    matchConditions: listAt(webhook, 'matchConditions').map((condition) =>
      compileCondition(textAt(condition, 'expression')),
    ),
    matchesEquivalents: textAt(webhook, 'matchPolicy') !== 'Exact',
    ignoresFailures: textAt(webhook, 'failurePolicy') === 'Ignore',
    timeoutSeconds: numberAt(webhook, 'timeoutSeconds') ?? 10,
    isDryRunSafe: sideEffects === 'None' || sideEffects === 'NoneOnDryRun',
    isReinvocable: textAt(webhook, 'reinvocationPolicy') === 'IfNeeded',
  };
}

/** The webhooks of all configurations of one kind: configurations by name, their webhooks in order. */
export class AdmissionHooks {
  readonly #store: StoreReader;
  readonly #storageKey: string;
  /** Undefined after a change, until somebody asks. */
  #hooks: readonly AdmissionHook[] | undefined;

  constructor(store: StoreReader, kind: 'Mutating' | 'Validating') {
    this.#store = store;
    this.#storageKey = `${kind.toLowerCase()}webhookconfigurations.admissionregistration.k8s.io`;
  }

  /** Keeps in step with the store until disposed of. */
  follow(): Disposable {
    return this.#store.observe(this.#storageKey, () => {
      this.#hooks = undefined;
    });
  }

  all(): readonly AdmissionHook[] {
    this.#hooks ??= this.#store.list(this.#storageKey).flatMap((configuration) => {
      const name = textAt(objectAt(configuration, 'metadata'), 'name');
      return listAt(configuration, 'webhooks').map((webhook, index) =>
        hookOf(webhook, `${name}/${index}`),
      );
    });
    return this.#hooks;
  }
}
