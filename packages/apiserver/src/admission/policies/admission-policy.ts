import { fromLabelSelector } from '@kubewright/apimachinery';
import {
  compileAdmissionExpression,
  type AdmissionExpression,
} from '../../cel/admission-expression.ts';
import { compileCondition } from '../../cel/match-conditions.ts';
import { composeVariables } from '../../cel/policy-variables.ts';
import type { JsonObject } from '../../contracts.ts';
import { listAt, objectAt, stringsAt, textAt } from '../../registry/json-read.ts';
import type { MatchCriteria } from '../matching/match-request.ts';
import { readRequestRule } from '../matching/request-rule.ts';

/** One validation of a policy. */
export interface PolicyValidation {
  readonly condition: AdmissionExpression;
  /** What is said when the condition is false, unless `messageExpression` says something. */
  readonly message: string;
  readonly messageExpression: AdmissionExpression | undefined;
  /** Of the refusal; empty for `Invalid`. */
  readonly reason: string;
}

/** The kind of the parameters of a policy. */
export interface ParamKind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
}

/** A ValidatingAdmissionPolicy, read and compiled. */
export interface AdmissionPolicy {
  readonly name: string;
  readonly criteria: MatchCriteria;
  readonly paramKind: ParamKind | undefined;
  /** What cannot be evaluated is let through. */
  readonly ignoresFailures: boolean;
  readonly matchConditions: readonly AdmissionExpression[];
  /** In their order: each can use those before it. */
  readonly variables: ReadonlyMap<string, AdmissionExpression>;
  readonly validations: readonly PolicyValidation[];
  /** Where the audit log would get something from. */
  readonly auditAnnotations: readonly AdmissionExpression[];
}

/** Where a binding has its parameters from. */
export interface ParamRef {
  /** Empty: by the selector. */
  readonly name: string;
  readonly namespace: string;
  readonly selector: JsonObject | undefined;
  /** Without parameters the request is refused; otherwise the binding does not count. */
  readonly isRequired: boolean;
}

/** A ValidatingAdmissionPolicyBinding, read. */
export interface PolicyBinding {
  readonly name: string;
  /** Narrows those of the policy; undefined: does not. */
  readonly criteria: MatchCriteria | undefined;
  readonly paramRef: ParamRef | undefined;
  readonly denies: boolean;
  readonly warns: boolean;
}

function nameOf(object: JsonObject): string {
  return textAt(objectAt(object, 'metadata'), 'name');
}

function criteriaOf(match: JsonObject): MatchCriteria {
  const rules = listAt(match, 'resourceRules').map(readRequestRule);
  // Stored policies have been decoded and validated.
  const selector = (name: string) => fromLabelSelector(objectAt(match, name));
  return {
    rules: rules.length === 0 ? undefined : rules,
    excludeRules: listAt(match, 'excludeResourceRules').map(readRequestRule),
    namespaceSelector: selector('namespaceSelector'),
    objectSelector: selector('objectSelector'),
    matchesEquivalents: textAt(match, 'matchPolicy') !== 'Exact',
  };
}

/** The kind of the parameters that the spec of a policy asks for; undefined for none. */
export function readParamKind(spec: JsonObject): ParamKind | undefined {
  if (spec['paramKind'] === undefined) return undefined;
  const paramKind = objectAt(spec, 'paramKind');
  const [version = '', group = ''] = textAt(paramKind, 'apiVersion').split('/').reverse();
  return { group, version, kind: textAt(paramKind, 'kind') };
}

/** Reads and compiles a stored policy. */
export function readPolicy(policy: JsonObject): AdmissionPolicy {
  const spec = objectAt(policy, 'spec');
  const paramKind = readParamKind(spec);
  const hasParams = paramKind !== undefined;
  const { expressions: variables, types: composed } = composeVariables(
    listAt(spec, 'variables'),
    hasParams,
  );
  const scope = { hasParams, hasAuthorizer: true, composed };
  return {
    name: nameOf(policy),
    criteria: criteriaOf(objectAt(spec, 'matchConstraints')),
    paramKind,
    ignoresFailures: textAt(spec, 'failurePolicy') === 'Ignore',
    matchConditions: listAt(spec, 'matchConditions').map((condition) =>
      compileCondition(textAt(condition, 'expression'), hasParams),
    ),
    variables,
    validations: listAt(spec, 'validations').map((validation) => {
      const expression = textAt(validation, 'expression');
      const messageExpression = textAt(validation, 'messageExpression');
      const message = textAt(validation, 'message').trim();
      return {
        condition: compileAdmissionExpression(expression, scope, ['bool']),
        message: message === '' ? `failed expression: ${expression.trim()}` : message,
        messageExpression:
          messageExpression === ''
            ? undefined
            : compileAdmissionExpression(messageExpression, { ...scope, hasAuthorizer: false }, [
                'string',
              ]),
        reason: textAt(validation, 'reason'),
      };
    }),
    auditAnnotations: listAt(spec, 'auditAnnotations').map((annotation) =>
      compileAdmissionExpression(textAt(annotation, 'valueExpression'), scope, ['string', 'null']),
    ),
  };
}

/** Reads a stored binding. */
export function readBinding(binding: JsonObject): PolicyBinding {
  const spec = objectAt(binding, 'spec');
  const actions = stringsAt(spec, 'validationActions');
  const isNarrowed = spec['matchResources'] !== undefined;
  return {
    name: nameOf(binding),
    criteria: isNarrowed ? criteriaOf(objectAt(spec, 'matchResources')) : undefined,
    paramRef: spec['paramRef'] === undefined ? undefined : paramRefOf(objectAt(spec, 'paramRef')),
    denies: actions.includes('Deny'),
    warns: actions.includes('Warn'),
  };
}

function paramRefOf(ref: JsonObject): ParamRef {
  return {
    name: textAt(ref, 'name'),
    namespace: textAt(ref, 'namespace'),
    selector: ref['selector'] === undefined ? undefined : objectAt(ref, 'selector'),
    isRequired: textAt(ref, 'parameterNotFoundAction') === 'Deny',
  };
}
