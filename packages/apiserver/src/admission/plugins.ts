import type { ObjectStore } from '../contracts.ts';
import type { AdmissionPlugin } from './chain.ts';
import { claimResize } from './claim-resize.ts';
import { defaultIngressClass } from './default-ingress-class.ts';
import { defaultStorageClass } from './default-storage-class.ts';
import { defaultTolerations } from './default-tolerations.ts';
import { limitRanger } from './limit-ranger.ts';
import { namespaceLifecycle } from './namespace-lifecycle.ts';
import { nodeTaints } from './node-taints.ts';
import { podPriority } from './pod-priority.ts';
import { podSecurity } from './pod-security.ts';
import { resourceQuota } from './resource-quota.ts';
import { runtimeClass } from './runtime-class.ts';
import { serviceAccountAdmission } from './service-account.ts';
import { terminatingDefinition } from './terminating-definition.ts';
import { storageProtection } from './storage-protection.ts';

/** What the admission steps need of the server. */
export interface AdmissionPluginOptions {
  readonly store: ObjectStore;
  readonly policies: AdmissionPlugin;
  /** Beside {@link policies}: who may write them. */
  readonly paramAccess: AdmissionPlugin;
  readonly webhooks: AdmissionPlugin;
}

/** The admission steps of the server, in order. */
export function createAdmissionPlugins({
  store,
  policies,
  paramAccess,
  webhooks,
}: AdmissionPluginOptions): AdmissionPlugin[] {
  return [
    namespaceLifecycle,
    terminatingDefinition,
    limitRanger,
    serviceAccountAdmission,
    nodeTaints,
    podSecurity,
    podPriority,
    defaultTolerations,
    runtimeClass,
    defaultStorageClass,
    storageProtection,
    claimResize,
    defaultIngressClass,
    paramAccess,
    // After what the server itself does to an object, so that these see that too. Policies judge before webhooks do.
    policies,
    webhooks,
    // Last of all: what somebody else refuses takes nothing of a quota.
    resourceQuota(store),
  ];
}
