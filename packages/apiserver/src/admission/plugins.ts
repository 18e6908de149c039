import type { AdmissionPlugin } from './chain.ts';
import { namespaceLifecycle } from './namespace-lifecycle.ts';

/** The admission steps of the server, in order. */
export function createAdmissionPlugins(): AdmissionPlugin[] {
  return [namespaceLifecycle];
}
