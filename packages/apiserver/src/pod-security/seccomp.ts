import type { JsonObject } from '../contracts.ts';
import { objectAt } from '../registry/json-read.ts';
import {
  containersText,
  quoted,
  securityOf,
  settersText,
  sortedSet,
  type Inspect,
} from './check.ts';

/** The type of a profile in a security context; undefined when none is set. */
export function profileType(
  holder: JsonObject,
  profile: 'appArmorProfile' | 'seccompProfile',
): string | undefined {
  const security = securityOf(holder);
  return security[profile] === undefined
    ? undefined
    : ((objectAt(security, profile)['type'] ?? '') as string);
}

function seccompType(holder: JsonObject): string | undefined {
  return profileType(holder, 'seccompProfile');
}

function isFit(type: string | undefined): boolean {
  return type === 'RuntimeDefault' || type === 'Localhost';
}

function isUnfit(holder: JsonObject): boolean {
  const type = seccompType(holder);
  return type !== undefined && !isFit(type);
}

/** No seccomp profile may be switched off. */
export const seccompSetters: Inspect = ({ spec, containers }) => {
  const bad = containers.filter(isUnfit);
  if (!isUnfit(spec) && bad.length === 0) return undefined;
  const holders = isUnfit(spec) ? [spec, ...bad] : bad;
  const types = quoted(sortedSet(holders.map((holder) => seccompType(holder) ?? '')));
  return {
    reason: 'seccompProfile',
    detail: `${settersText(isUnfit(spec), bad)} must not set securityContext.seccompProfile.type to ${types}`,
  };
};

/** There must be a profile, of the pod or of each container. */
export const seccompRequired: Inspect = (pod) => {
  const finding = seccompSetters(pod);
  if (finding !== undefined || isFit(seccompType(pod.spec))) return finding;
  const without = pod.containers.filter((container) => seccompType(container) === undefined);
  if (without.length === 0) return undefined;
  return {
    reason: 'seccompProfile',
    detail: `pod or ${containersText(without)} must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost"`,
  };
};
