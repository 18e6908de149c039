import type { JsonObject } from '../../contracts.ts';
import { humanDuration } from '../human-duration.ts';
import { kindTable, type KindTable } from '../kind-table.ts';
import {
  conditionOf,
  entriesAt,
  listAt,
  NONE,
  numberAt,
  objectAge,
  objectName,
  textAt,
  UNSET,
  valueOf,
} from '../object-reader.ts';

function paramKindText(policy: JsonObject): string {
  const kind = valueOf(policy, 'spec.paramKind');
  return kind === undefined ? UNSET : `${textAt(kind, 'apiVersion')}/${textAt(kind, 'kind')}`;
}

/** A selector as the real server shows it here: a Go structure. */
function selectorStructure(selector: unknown): string {
  const labels = entriesAt(selector, 'matchLabels').map(([key, value]) => `${key}: ${value},`);
  const expressions = listAt(selector, 'matchExpressions').map(
    (each) =>
      `LabelSelectorRequirement{Key:${textAt(each, 'key')},Operator:${textAt(each, 'operator')},Values:[${listAt(each, 'values').join(' ')}],},`,
  );
  return `&LabelSelector{MatchLabels:map[string]string{${labels.join('')}},MatchExpressions:[]LabelSelectorRequirement{${expressions.join('')}},}`;
}

function paramRefText(binding: JsonObject): string {
  const ref = valueOf(binding, 'spec.paramRef');
  if (ref === undefined) return UNSET;
  const refName = textAt(ref, 'name');
  if (refName !== '') return `${textAt(ref, 'namespace') || '*'}/${refName}`;
  const selector = valueOf(ref, 'selector');
  return selector === undefined ? UNSET : selectorStructure(selector);
}

const policies = (counted: string, path: string): KindTable =>
  kindTable(`Name|${counted}:integer|ParamKind|Age`, (policy, nowMs) => [
    objectName(policy),
    listAt(policy, path).length,
    paramKindText(policy),
    objectAge(policy, nowMs),
  ]);

const policyBindings = kindTable('Name|PolicyName|ParamRef|Age', (binding, nowMs) => [
  objectName(binding),
  textAt(binding, 'spec.policyName'),
  paramRefText(binding),
  objectAge(binding, nowMs),
]);

function requestCondition(request: JsonObject): string {
  const types = listAt(request, 'status.conditions').map((condition) => textAt(condition, 'type'));
  const answer = ['Denied', 'Approved'].find((type) => types.includes(type)) ?? 'Pending';
  const isIssued = textAt(request, 'status.certificate') !== '';
  return [
    answer,
    ...(types.includes('Failed') ? ['Failed'] : []),
    ...(isIssued ? ['Issued'] : []),
  ].join();
}

const signingRequests = kindTable(
  'Name|Age|SignerName|Requestor|RequestedDuration|Condition',
  (request, nowMs) => {
    const seconds = valueOf(request, 'spec.expirationSeconds');
    return [
      objectName(request),
      objectAge(request, nowMs),
      textAt(request, 'spec.signerName') || NONE,
      textAt(request, 'spec.username'),
      typeof seconds === 'number' ? humanDuration(seconds * 1000) : NONE,
      requestCondition(request),
    ];
  },
);

const flowSchemas = kindTable(
  'Name|PriorityLevel|MatchingPrecedence|DistinguisherMethod|Age|MissingPL',
  (schema, nowMs) => {
    return [
      objectName(schema),
      textAt(schema, 'spec.priorityLevelConfiguration.name'),
      numberAt(schema, 'spec.matchingPrecedence'),
      textAt(schema, 'spec.distinguisherMethod.type') || NONE,
      objectAge(schema, nowMs),
      textAt(conditionOf(schema, 'Dangling'), 'status') || '?',
    ];
  },
);

const priorityLevels = kindTable(
  'Name|Type|NominalConcurrencyShares|Queues|HandSize|QueueLengthLimit|Age',
  (level, nowMs) => {
    const limited = valueOf(level, 'spec.limited');
    const queuing = valueOf(limited, 'limitResponse.queuing');
    return [
      objectName(level),
      textAt(level, 'spec.type'),
      valueOf(limited, 'nominalConcurrencyShares') ?? NONE,
      ...['queues', 'handSize', 'queueLengthLimit'].map((path) => valueOf(queuing, path) ?? NONE),
      objectAge(level, nowMs),
    ];
  },
);

/** Kinds that decide about requests, by `plural.group/version`. */
export const POLICY_TABLES: Readonly<Record<string, KindTable>> = {
  'validatingadmissionpolicies.admissionregistration.k8s.io/v1': policies(
    'Validations',
    'spec.validations',
  ),
  'mutatingadmissionpolicies.admissionregistration.k8s.io/v1': policies(
    'Mutations',
    'spec.mutations',
  ),
  'validatingadmissionpolicybindings.admissionregistration.k8s.io/v1': policyBindings,
  'mutatingadmissionpolicybindings.admissionregistration.k8s.io/v1': policyBindings,
  'certificatesigningrequests.certificates.k8s.io/v1': signingRequests,
  'flowschemas.flowcontrol.apiserver.k8s.io/v1': flowSchemas,
  'prioritylevelconfigurations.flowcontrol.apiserver.k8s.io/v1': priorityLevels,
};
