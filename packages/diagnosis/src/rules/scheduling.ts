import type { PodRule } from './rule.ts';
import { resourceClaimRules } from './resource-claims.ts';
import { schedulerMissingRules } from './scheduler-missing.ts';
import { schedulingGateRules } from './scheduling-gates.ts';
import { unschedulablePlacementRules } from './unschedulable-placement.ts';
import { unsaidRefusalRules, unschedulableResourceRules } from './unschedulable-resources.ts';
import { unschedulableTaintRules } from './unschedulable-taint.ts';
import { unschedulableVolumeRules } from './unschedulable-volume.ts';

/** Modes 38 to 42: no node has been found for the pod. What a scheduler says comes before what its silence may mean. */
export const schedulingRules: readonly PodRule[] = [
  ...schedulingGateRules,
  ...resourceClaimRules,
  ...unschedulableVolumeRules,
  ...unschedulableTaintRules,
  ...unschedulableResourceRules,
  ...unschedulablePlacementRules,
  ...schedulerMissingRules,
  ...unsaidRefusalRules,
];
