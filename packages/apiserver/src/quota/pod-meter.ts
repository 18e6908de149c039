import type { ExactQuantity } from '@kubewright/apimachinery';
import type { JsonObject } from '../contracts.ts';
import { listAt, numberAt, objectAt, textAt } from '../registry/json-read.ts';
import { qosClassOf } from '../registry/pods/qos-class.ts';
import {
  isExtendedName,
  isHugePages,
  OF_CONTAINERS,
  OF_PODS,
} from '../registry/validation/resource-names.ts';
import { amountsAt, ONE, sumOf, type Amounts } from '../resources/amounts.ts';
import { hasPodLevelResources, podLimits, podRequests } from '../resources/pod-resources.ts';
import { isOneOf } from './scope-selector.ts';
import { countName, type QuotaMeter, type ScopeRequirement } from './quota-meter.ts';

const COUNT = countName('pods');
const NAMES: ReadonlySet<string> = new Set([
  COUNT,
  'pods',
  ...OF_CONTAINERS.flatMap((name) => [name, `requests.${name}`, `limits.${name}`]),
]);

function covers(name: string): boolean {
  if (NAMES.has(name)) return true;
  if (isHugePages(name)) return true;
  if (!name.startsWith('requests.')) return false;
  const asked = name.slice('requests.'.length);
  return isHugePages(asked) || isExtendedName(asked);
}

/** What requests and limits count as in a quota. */
function computeUsage(requests: Amounts, limits: Amounts): Amounts {
  const usage = new Map<string, ExactQuantity>([['pods', ONE]]);
  for (const [name, amount] of requests) {
    const isBare = OF_CONTAINERS.includes(name) || isHugePages(name);
    if (isBare) usage.set(name, amount);
    if (isBare || isExtendedName(name)) usage.set(`requests.${name}`, amount);
  }
  for (const [name, amount] of limits) {
    if (OF_CONTAINERS.includes(name)) usage.set(`limits.${name}`, amount);
  }
  return usage;
}

/** A pod that has ended, or should have been gone for as long as it had time to end, takes nothing but its place. */
function isSpent(pod: JsonObject, nowMs: number): boolean {
  const phase = textAt(objectAt(pod, 'status'), 'phase');
  if (phase === 'Failed' || phase === 'Succeeded') return true;
  const metadata = objectAt(pod, 'metadata');
  const graceSeconds = numberAt(metadata, 'deletionGracePeriodSeconds');
  const deletion = textAt(metadata, 'deletionTimestamp');
  if (deletion === '' || graceSeconds === undefined) return false;
  return nowMs > Date.parse(deletion) + graceSeconds * 1000;
}

function usage(pod: JsonObject, nowMs: number): Amounts {
  const count = new Map([[COUNT, ONE]]);
  if (isSpent(pod, nowMs)) return count;
  const spec = objectAt(pod, 'spec');
  return sumOf(count, computeUsage(podRequests(spec), podLimits(spec)));
}

function missing(names: readonly string[], pod: JsonObject): string | undefined {
  const spec = objectAt(pod, 'spec');
  if (hasPodLevelResources(spec)) return undefined;
  // A quota of these makes every container say what it needs.
  const wanted = OF_PODS.filter((name) => names.includes(name)).sort();
  const silent = new Map<string, Set<string>>();
  for (const container of [...listAt(spec, 'containers'), ...listAt(spec, 'initContainers')]) {
    const resources = objectAt(container, 'resources');
    const said = computeUsage(amountsAt(resources, 'requests'), amountsAt(resources, 'limits'));
    for (const name of wanted) {
      if (said.has(name)) continue;
      const containers = silent.get(name) ?? new Set();
      silent.set(name, containers.add(textAt(container, 'name')));
    }
  }
  if (silent.size === 0) return undefined;
  const complaints = wanted
    .filter((name) => silent.has(name))
    .map((name) => `${name} for: ${[...(silent.get(name) ?? [])].sort().join(',')}`);
  return `must specify ${complaints.join('; ')}`;
}

/** A pod that has only so much time. */
function isTerminating(pod: JsonObject): boolean {
  return (numberAt(objectAt(pod, 'spec'), 'activeDeadlineSeconds') ?? -1) >= 0;
}

function isBestEffort(pod: JsonObject): boolean {
  return qosClassOf(objectAt(pod, 'spec')) === 'BestEffort';
}

function isAcrossNamespaces(term: JsonObject): boolean {
  return listAt(term, 'namespaces').length > 0 || term['namespaceSelector'] !== undefined;
}

function hasAffinityAcrossNamespaces(pod: JsonObject): boolean {
  const affinity = objectAt(objectAt(pod, 'spec'), 'affinity');
  return ['podAffinity', 'podAntiAffinity'].some((kind) => {
    const rules = objectAt(affinity, kind);
    return (
      listAt(rules, 'requiredDuringSchedulingIgnoredDuringExecution').some(isAcrossNamespaces) ||
      listAt(rules, 'preferredDuringSchedulingIgnoredDuringExecution').some((weighted) =>
        isAcrossNamespaces(objectAt(weighted, 'podAffinityTerm')),
      )
    );
  });
}

function isInScope(requirement: ScopeRequirement, pod: JsonObject): boolean {
  switch (requirement.scopeName) {
    case 'Terminating':
      return isTerminating(pod);
    case 'NotTerminating':
      return !isTerminating(pod);
    case 'BestEffort':
      return isBestEffort(pod);
    case 'NotBestEffort':
      return !isBestEffort(pod);
    case 'PriorityClass':
      return isOneOf(requirement, textAt(objectAt(pod, 'spec'), 'priorityClassName'));
    case 'CrossNamespacePodAffinity':
      return hasAffinityAcrossNamespaces(pod);
    default:
      return false;
  }
}

/** Pods take cpu, memory and storage; all but their number is given back when they have ended. */
export const podMeter: QuotaMeter = {
  covers,
  isCharged: ({ operation, subresource, object, old }) => {
    if (subresource !== '') return false;
    return operation === 'CREATE' || isTerminating(object) !== isTerminating(old ?? {});
  },
  isInScope,
  missing,
  usage,
  mayRelease: (pod, old, nowMs) =>
    (isSpent(pod, nowMs) && !isSpent(old, nowMs)) || isTerminating(pod) !== isTerminating(old),
};
