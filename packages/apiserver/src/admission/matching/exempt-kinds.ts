import type { AdmissionAttributes } from '../chain.ts';

const ADMISSION_GROUP = 'admissionregistration.k8s.io';
/** Nothing of these is stored; without them nobody can be told apart any more. */
const REVIEW_GROUPS = new Set(['authentication.k8s.io', 'authorization.k8s.io']);

/** Kinds that webhooks are never asked about: a bad one could not be removed any more. */
export function isExemptFromWebhooks({ type }: Pick<AdmissionAttributes, 'type'>): boolean {
  return type.group === ADMISSION_GROUP;
}

/** Kinds that policies are never asked about: other policies, but not webhooks. */
export function isExemptFromPolicies({ type }: Pick<AdmissionAttributes, 'type'>): boolean {
  return (
    REVIEW_GROUPS.has(type.group) ||
    (type.group === ADMISSION_GROUP && type.kind.includes('AdmissionPolicy'))
  );
}
