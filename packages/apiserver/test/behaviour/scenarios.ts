import type { BehaviourCase } from './behaviour-case.ts';
import { CASES as changesOfBuiltInKinds } from './changes-of-built-in-kinds.ts';
import { CASES as customResources } from './custom-resources.ts';
import { CASES as deviceKinds } from './device-kinds.ts';
import { CASES as flowControl } from './flow-control.ts';
import { CASES as generalRequests } from './general-requests.ts';
import { CASES as jobs } from './jobs.ts';
import { CASES as kindRules } from './kind-rules.ts';
import { CASES as kindsAtCreation } from './kinds-at-creation.ts';
import { CASES as looseKinds } from './loose-kinds.ts';
import { CASES as networkKinds } from './network-kinds.ts';
import { CASES as paths } from './paths.ts';
import { CASES as podSpecs } from './pod-specs.ts';
import { CASES as rarerKinds } from './rarer-kinds.ts';
import { CASES as scale } from './scale.ts';
import { CASES as signingRequests } from './signing-requests.ts';
import { CASES as storageKinds } from './storage-kinds.ts';

/** By name of the recording in `recorded/`. */
export const SCENARIOS: Readonly<Record<string, readonly BehaviourCase[]>> = {
  'general-requests': generalRequests,
  'kinds-at-creation': kindsAtCreation,
  'changes-of-built-in-kinds': changesOfBuiltInKinds,
  'custom-resources': customResources,
  'device-kinds': deviceKinds,
  'flow-control': flowControl,
  jobs,
  'kind-rules': kindRules,
  'loose-kinds': looseKinds,
  'network-kinds': networkKinds,
  paths,
  'pod-specs': podSpecs,
  'rarer-kinds': rarerKinds,
  scale,
  'signing-requests': signingRequests,
  'storage-kinds': storageKinds,
};
