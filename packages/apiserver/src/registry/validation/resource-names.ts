import { validateLabelKey } from '@kubewright/apimachinery';
import { invalid, type FieldError } from '../../field-error.ts';

/** What pods ask of nodes. */
export const COMPUTE: readonly string[] = ['cpu', 'memory'];
/** What a quota counts in whole numbers. */
const COUNTS = [
  'pods',
  'resourcequotas',
  'services',
  'replicationcontrollers',
  'secrets',
  'persistentvolumeclaims',
  'configmaps',
  'services.nodeports',
  'services.loadbalancers',
];
/** What pods take of a quota, but for their storage. */
export const OF_PODS: readonly string[] = COMPUTE.flatMap((name) => [
  name,
  `requests.${name}`,
  `limits.${name}`,
]);
/** What containers ask for by standard names, but for huge pages. */
export const OF_CONTAINERS: readonly string[] = [...COMPUTE, 'ephemeral-storage'];
const FOR_QUOTAS: ReadonlySet<string> = new Set([
  ...OF_CONTAINERS.flatMap((name) => [name, `requests.${name}`, `limits.${name}`]),
  ...COUNTS,
  'requests.storage',
]);

/** Whether a name without a slash is known to quotas. */
export function isQuotaName(name: string): boolean {
  return FOR_QUOTAS.has(name) || isHugePages(name.replace(/^requests\./, ''));
}

/** Whether it is pages of memory of one size: `hugepages-2Mi`. */
export function isHugePages(name: string): boolean {
  return name.startsWith('hugepages-');
}

/** Whether a resource is one that somebody beside Kubernetes named: `example.com/gpu`. */
export function isExtendedName(name: string): boolean {
  return name.includes('/') && !name.includes('kubernetes.io/') && !name.startsWith('requests.');
}

/** Whether there can be no part of it. */
export function isWholeNumber(name: string): boolean {
  return COUNTS.includes(name) || isExtendedName(name);
}

/** Whether more of it may be promised than there is. */
export function canOvercommit(name: string): boolean {
  const isNative = !name.includes('/') || name.includes('kubernetes.io/');
  return isNative && !isHugePages(name);
}

/** Rules for the name of any resource. */
export function resourceName(path: string, name: string): FieldError[] {
  const texts = validateLabelKey(name);
  if (texts.length === 0 && !name.includes('/') && !isQuotaName(name) && name !== 'storage') {
    texts.push('must be a standard resource type or fully qualified');
  }
  return texts.map((text) => invalid(path, name, text));
}

/** Rules for the name of something that a quota can limit. */
export function quotaResourceName(path: string, name: string): FieldError[] {
  const errors = resourceName(path, name);
  if (!name.includes('/') && !isQuotaName(name)) {
    errors.push(invalid(path, name, 'must be a standard resource for quota'));
  }
  return errors;
}

/** Rules for the name of something that a container can ask for. */
export function containerResourceName(path: string, name: string): FieldError[] {
  const errors = resourceName(path, name);
  if (!name.includes('/')) {
    if (!OF_CONTAINERS.includes(name) && !isHugePages(name)) {
      errors.push(invalid(path, name, 'must be a standard resource for containers'));
    }
  } else if (!name.includes('kubernetes.io/')) {
    const isFit = isExtendedName(name) && validateLabelKey(`requests.${name}`).length === 0;
    if (!isFit) {
      errors.push(invalid(path, name, "doesn't follow extended resource name standard"));
    }
  }
  return errors;
}
