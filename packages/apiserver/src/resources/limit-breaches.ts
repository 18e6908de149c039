import type { ExactQuantity } from '@kubewright/apimachinery';
import type { JsonObject } from '../contracts.ts';
import { listAt, objectAt, textAt } from '../registry/json-read.ts';
import { amountsAt, ZERO, type Amounts } from './amounts.ts';
import { podResources } from './pod-resources.ts';

/** What one subject of a limit (a container, a pod, a claim) asks for. */
interface Subject {
  readonly requests: Amounts;
  readonly limits: Amounts;
}

/** One amount of a limit, against what the subject says of it. */
interface Comparison {
  /** Such as `cpu usage per Container is 1`. */
  readonly usage: string;
  readonly bound: ExactQuantity;
  readonly request: ExactQuantity | undefined;
  readonly limit: ExactQuantity | undefined;
}

function compare(type: string, name: string, bound: ExactQuantity, subject: Subject): Comparison {
  return {
    usage: `${name} usage per ${type} is ${bound.toString()}`,
    bound,
    request: subject.requests.get(name),
    limit: subject.limits.get(name),
  };
}

function belowMinimum({ usage, bound, request, limit }: Comparison): string | undefined {
  const minimum = `minimum ${usage}`;
  if (request === undefined) return `${minimum}.  No request is specified`;
  if (request.compare(bound) < 0) return `${minimum}, but request is ${request.toString()}`;
  if (limit !== undefined && limit.compare(bound) < 0) {
    return `${minimum}, but limit is ${limit.toString()}`;
  }
  return undefined;
}

function aboveMaximum({ usage, bound, request, limit }: Comparison): string | undefined {
  const maximum = `maximum ${usage}`;
  if (limit === undefined) return `${maximum}.  No limit is specified`;
  if (limit.compare(bound) > 0) return `${maximum}, but limit is ${limit.toString()}`;
  if (request !== undefined && request.compare(bound) > 0) {
    return `${maximum}, but request is ${request.toString()}`;
  }
  return undefined;
}

/** For claims, which have no limits. */
function requestAboveMaximum({ usage, bound, request }: Comparison): string | undefined {
  if (request === undefined) return `maximum ${usage}.  No request is specified`;
  return request.compare(bound) > 0
    ? `maximum ${usage}, but request is ${request.toString()}`
    : undefined;
}

function aboveRatio(
  type: string,
  name: string,
  bound: ExactQuantity,
  { requests, limits }: Subject,
): string | undefined {
  const [request, limit] = [requests.get(name) ?? ZERO, limits.get(name) ?? ZERO];
  const ratio = `${name} max limit to request ratio per ${type} is ${bound.toString()}`;
  if (request.toMilli() === 0n) return `${ratio}, but no request is specified or request is 0`;
  if (limit.toMilli() === 0n) return `${ratio}, but no limit is specified or limit is 0`;
  const actual = Number(limit.toMilli()) / Number(request.toMilli());
  return actual * 1000 > Number(bound.toMilli())
    ? `${ratio}, but provided ratio is ${actual.toFixed(6)}`
    : undefined;
}

function byName(amounts: Amounts): [string, ExactQuantity][] {
  return [...amounts].sort(([left], [right]) => (left < right ? -1 : 1));
}

function breachesOf(limit: JsonObject, type: string, subject: Subject): string[] {
  const texts: (string | undefined)[] = [];
  for (const [name, bound] of byName(amountsAt(limit, 'min'))) {
    texts.push(belowMinimum(compare(type, name, bound, subject)));
  }
  for (const [name, bound] of byName(amountsAt(limit, 'max'))) {
    texts.push(aboveMaximum(compare(type, name, bound, subject)));
  }
  for (const [name, bound] of byName(amountsAt(limit, 'maxLimitRequestRatio'))) {
    texts.push(aboveRatio(type, name, bound, subject));
  }
  return texts.filter((text) => text !== undefined);
}

function claimBreaches(limit: JsonObject, type: string, claim: JsonObject): string[] {
  const requests = amountsAt(objectAt(objectAt(claim, 'spec'), 'resources'), 'requests');
  const subject = { requests, limits: new Map<string, ExactQuantity>() };
  return [
    ...byName(amountsAt(limit, 'min')).map(([name, bound]) =>
      belowMinimum(compare(type, name, bound, subject)),
    ),
    ...byName(amountsAt(limit, 'max')).map(([name, bound]) =>
      requestAboveMaximum(compare(type, name, bound, subject)),
    ),
  ].filter((text) => text !== undefined);
}

/**
 * In which ways a pod or a claim goes beyond one entry of `spec.limits`, in the words of the API.
 *
 * @param kind `pods` or `persistentvolumeclaims`
 */
export function limitBreaches(limit: JsonObject, kind: string, object: JsonObject): string[] {
  const type = textAt(limit, 'type');
  if (kind === 'persistentvolumeclaims') {
    return type === 'PersistentVolumeClaim' ? claimBreaches(limit, type, object) : [];
  }
  const spec = objectAt(object, 'spec');
  if (type === 'Pod') {
    const whole = {
      requests: podResources(spec, 'requests'),
      limits: podResources(spec, 'limits'),
    };
    return breachesOf(limit, type, whole);
  }
  if (type !== 'Container') return [];
  return [...listAt(spec, 'containers'), ...listAt(spec, 'initContainers')].flatMap((container) => {
    const resources = objectAt(container, 'resources');
    const requests = amountsAt(resources, 'requests');
    return breachesOf(limit, type, { requests, limits: amountsAt(resources, 'limits') });
  });
}
