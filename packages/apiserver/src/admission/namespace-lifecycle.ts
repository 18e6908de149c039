import type { JsonObject } from '../contracts.ts';
import { failure, forbiddenError, notFound } from '../status.ts';
import type { AdmissionAttributes, AdmissionPlugin } from './chain.ts';
import { refusal } from './refusal.ts';

/** These namespaces cannot be deleted. */
const IMMORTAL = new Set(['default', 'kube-system', 'kube-public']);

/** Reviews are answers, not objects: they need no namespace to live in. */
const NAMESPACELESS = new Set(['localsubjectaccessreviews.authorization.k8s.io']);

function refuseImmortal({ type, name, operation }: AdmissionAttributes): void {
  if (operation !== 'DELETE' || type.storageKey !== 'namespaces' || !IMMORTAL.has(name)) return;
  throw forbiddenError(
    { group: '', plural: 'namespaces' },
    name,
    'this namespace may not be deleted',
  );
}

/** The 403 for something new in a namespace that goes away. */
function terminating(attributes: AdmissionAttributes, namespace: string): Error {
  const detail = `unable to create new content in namespace ${namespace} because it is being terminated`;
  const error = refusal(attributes, detail);
  return failure(403, 'Forbidden', error.message, {
    ...error.status.details,
    causes: [
      {
        reason: 'NamespaceTerminating',
        message: `namespace ${namespace} is being terminated`,
        field: 'metadata.namespace',
      },
    ],
  });
}

/** New objects need a namespace that exists and is not going away; the system's namespaces stay. */
export const namespaceLifecycle: AdmissionPlugin = {
  name: 'NamespaceLifecycle',
  admit(attributes) {
    const { operation, type, namespace, store } = attributes;
    if (operation !== 'CREATE' || namespace === undefined || type.scope === 'Cluster') return;
    if (NAMESPACELESS.has(type.storageKey)) return;
    const found = store.get('namespaces', undefined, namespace);
    if (found === undefined) throw notFound({ group: '', plural: 'namespaces' }, namespace);
    const status = found['status'] as JsonObject | undefined;
    if (status?.['phase'] === 'Terminating') throw terminating(attributes, namespace);
  },
  validate: refuseImmortal,
};
