import type { CelInput } from '@bufbuild/cel';
import { StatusError } from '@kubewright/apimachinery';
import { fromAny } from '../../cel/cel-values.ts';
import type {
  Authorizer,
  JsonObject,
  ResourceType,
  StoreReader,
  TypeRegistry,
} from '../../contracts.ts';
import type { AdmissionAttributes, AdmissionPlugin } from '../chain.ts';
import { isExemptFromPolicies } from '../matching/exempt-kinds.ts';
import { matchRequest } from '../matching/match-request.ts';
import { requestVariables } from '../matching/request-variables.ts';
import { reviewRequest, reviewSubject } from '../matching/review-subject.ts';
import { refusal } from '../refusal.ts';
import type { AdmissionPolicy, ParamKind, PolicyBinding } from './admission-policy.ts';
import { namespaceVariable } from './namespace-variable.ts';
import { evaluatePolicy, type Objection } from './policy-evaluation.ts';
import { BindingError, collectParams } from './policy-params.ts';
import { PolicySource, type BoundPolicy } from './policy-source.ts';

/** What {@link PolicyAdmission} takes. */
export interface PolicyAdmissionOptions {
  readonly store: StoreReader;
  readonly registry: Pick<TypeRegistry, 'all' | 'findKind'>;
  /** What expressions ask. */
  readonly authorizer: Authorizer;
}

/** A reason to refuse a request. */
interface Denial {
  readonly message: string;
  readonly reason: string;
}

type Variables = Readonly<Record<string, CelInput>>;

/** Asks the ValidatingAdmissionPolicies about each write. */
export class PolicyAdmission implements AdmissionPlugin, Disposable {
  readonly name = 'ValidatingAdmissionPolicy';
  readonly #options: PolicyAdmissionOptions;
  readonly #source: PolicySource;
  readonly #following: Disposable;

  constructor(options: PolicyAdmissionOptions) {
    this.#options = options;
    this.#source = new PolicySource(options.store);
    this.#following = this.#source.follow();
  }

  /** All are asked, as those that only warn do so too; the first refusal is answered. */
  async validate(attributes: AdmissionAttributes): Promise<void> {
    const policies = this.#source.all();
    if (policies.length === 0 || isExemptFromPolicies(attributes)) return;
    const denials: Denial[] = [];
    for (const bound of policies) denials.push(...(await this.#ask(bound, attributes)));
    const [first] = denials;
    if (first !== undefined) throw policyRefusal(attributes, first);
  }

  [Symbol.dispose](): void {
    this.#following[Symbol.dispose]();
  }

  async #ask(
    { policy, bindings }: BoundPolicy,
    attributes: AdmissionAttributes,
  ): Promise<Denial[]> {
    const { registry } = this.#options;
    const { paramKind } = policy;
    let type: ResourceType | undefined;
    try {
      type = matchRequest(policy.criteria, attributes, registry);
    } catch (error) {
      return misconfigured(policy, undefined, error);
    }
    if (type === undefined) return [];
    const paramType =
      paramKind === undefined
        ? undefined
        : registry.findKind(paramKind.group, paramKind.version, paramKind.kind);
    if (paramKind !== undefined && paramType === undefined) {
      return misconfigured(policy, undefined, new BindingError(unknownKind(paramKind)));
    }
    const seen = new SeenRequest(attributes, type);
    const denials: Denial[] = [];
    for (const binding of bindings) {
      try {
        if (
          binding.criteria !== undefined &&
          matchRequest(binding.criteria, attributes, registry) === undefined
        ) {
          continue;
        }
        denials.push(...(await this.#askBound(policy, binding, paramType, seen)));
      } catch (error) {
        denials.push(...misconfigured(policy, binding, error));
      }
    }
    return denials;
  }

  async #askBound(
    policy: AdmissionPolicy,
    binding: PolicyBinding,
    paramType: ResourceType | undefined,
    seen: SeenRequest,
  ): Promise<Denial[]> {
    const { store, authorizer } = this.#options;
    const { attributes } = seen;
    const { paramRef } = binding;
    // A policy that takes parameters may be bound without any.
    const params: readonly (JsonObject | undefined)[] =
      paramType === undefined || paramRef === undefined
        ? [undefined]
        : await collectParams(paramRef, paramType, attributes.namespace, store);
    const denials: Denial[] = [];
    for (const object of params) {
      const variables = { ...(await seen.variables()), params: fromAny(object ?? null) };
      for (const objection of evaluatePolicy(policy, { variables, authorizer })) {
        const { message } = objection;
        if (binding.warns && !objection.isFinal) {
          attributes.warn(
            `Validation failed for ValidatingAdmissionPolicy '${policy.name}' with binding '${binding.name}': ${message}`,
          );
        }
        if (binding.denies || objection.isFinal) {
          denials.push(denial(policy, binding, objection));
        }
      }
    }
    return denials;
  }
}

/** A request as one policy sees it; made when the first binding needs it. */
class SeenRequest {
  readonly attributes: AdmissionAttributes;
  readonly #type: ResourceType;
  #variables: Promise<Variables> | undefined;

  constructor(attributes: AdmissionAttributes, type: ResourceType) {
    this.attributes = attributes;
    this.#type = type;
  }

  /**
   * @throws BindingError when a webhook does not convert the object
   * @throws StatusError 404 when the namespace of the request does not exist
   */
  async variables(): Promise<Variables> {
    this.#variables ??= this.#see();
    return this.#variables;
  }

  async #see(): Promise<Variables> {
    const subject = await reviewSubject(this.attributes, this.#type).catch((error: unknown) => {
      if (!(error instanceof StatusError)) throw error;
      throw new BindingError(`failed to convert object version: ${error.status.message ?? ''}`);
    });
    return {
      ...requestVariables(subject, reviewRequest(subject)),
      namespaceObject: namespaceVariable(this.attributes),
    };
  }
}

function unknownKind({ group, version, kind }: ParamKind): string {
  return `failed to find resource referenced by paramKind: '${group}/${version}, Kind=${kind}'`;
}

/** What cannot be set up counts as a failure of the policy. */
function misconfigured(
  policy: AdmissionPolicy,
  binding: PolicyBinding | undefined,
  error: unknown,
): Denial[] {
  if (!(error instanceof BindingError) && !(error instanceof StatusError)) throw error;
  if (policy.ignoresFailures) return [];
  const detail = error instanceof StatusError ? (error.status.message ?? '') : error.message;
  const what = binding === undefined ? 'policy' : 'binding';
  const message = `failed to configure ${what}: ${detail}`;
  return [denial(policy, binding, { message, reason: '' })];
}

function denial(
  policy: AdmissionPolicy,
  binding: PolicyBinding | undefined,
  { message, reason }: Pick<Objection, 'message' | 'reason'>,
): Denial {
  const by = binding === undefined ? '' : ` with binding '${binding.name}'`;
  return {
    message: `ValidatingAdmissionPolicy '${policy.name}'${by} denied request: ${message}`,
    reason,
  };
}

const CODES: Readonly<Record<string, number>> = {
  Forbidden: 403,
  Unauthorized: 401,
  RequestEntityTooLarge: 413,
};

/** Worded like a 403, whatever the reason makes of its code. */
function policyRefusal(attributes: AdmissionAttributes, { message, reason }: Denial): StatusError {
  const { status } = refusal(attributes, message);
  return new StatusError({
    ...status,
    reason: reason === '' ? 'Invalid' : reason,
    code: CODES[reason] ?? 422,
    details: { ...status.details, causes: [{ message }] },
  });
}
