import {
  ConfigMap,
  isAlreadyExists,
  Lease,
  Role,
  RoleBinding,
  Service,
  ServiceAccount,
  StatefulSet,
  type DeepReadonly,
} from '@kubewright/apimachinery';
import type { Client } from '@kubewright/client';
import type { Cached, Cache } from '@kubewright/runtime';
import type { ObjectApplier } from '../apply/object-applier.ts';
import { managedObjects } from '../apply/object-applier.ts';
import type { SecretKeeper } from '../apply/secret-keeper.ts';
import { agentAccess } from '../objects/agent-access.ts';
import type { ClusterContext, PodUpdateStrategy } from '../objects/cluster-context.ts';
import { firstLease, leaseSettings, type Beginning } from '../objects/lease.ts';
import { scripts, type PodPrograms } from '../objects/scripts.ts';
import { credentialsSecret, internalSecret } from '../objects/secrets.ts';
import { services } from '../objects/services.ts';
import { serverContainerName, serverImage, statefulSet } from '../objects/stateful-set.ts';
import { clusterPods } from './cluster-pods.ts';
import type { ServerCertificates } from './server-certificates.ts';

/** What {@link ensureObjects} works with. */
export interface EnsureOptions {
  readonly context: ClusterContext;
  readonly programs: PodPrograms;
  readonly applier: ObjectApplier;
  readonly secrets: SecretKeeper;
  readonly certificates: ServerCertificates;
  readonly client: Client;
  readonly cache: Cache;
  readonly signal: AbortSignal;
  /** How the database begins, when it has no Lease yet. */
  readonly beginning: Beginning | undefined;
  /** How many pods there may be now. */
  readonly replicas: number;
}

/** Brings everything that a cluster consists of to what is wanted, in the order in which the pods need it. */
export async function ensureObjects(options: EnsureOptions): Promise<void> {
  const { context, programs, applier, secrets, certificates, beginning, client, signal } = options;
  const { names, namespace, settings } = context;
  await secrets.ensure(namespace, names.internal, (present) => internalSecret(context, present));
  await secrets.ensure(namespace, names.credentials, (present) =>
    credentialsSecret(context, present),
  );
  await certificates.ensure(context, secrets);
  await applier.ensure(ConfigMap, scripts(context, programs));
  for (const service of services(context)) await applier.ensure(Service, service);
  if (!settings.externalAccess) await applier.remove(Service, namespace, names.external);
  if (beginning !== undefined) await createLease(client, firstLease(context, beginning), signal);
  await applier.ensure(Lease, leaseSettings(context));
  const [account, role, binding] = agentAccess(context);
  await applier.ensure(ServiceAccount, account);
  await applier.ensure(Role, role);
  await applier.ensure(RoleBinding, binding);
  await applier.ensure(StatefulSet, wantedStatefulSet(options));
}

/** Created whole, so that no agent sees a Lease that does not say who may begin. Another one of that name is found by the apply that follows. */
async function createLease(client: Client, lease: Lease, signal: AbortSignal): Promise<void> {
  try {
    await client.create(Lease, lease, { signal });
  } catch (error) {
    if (!isAlreadyExists(error)) throw error;
  }
}

/** The StatefulSet, with what cannot change of it as it is. */
function wantedStatefulSet({ context, cache, replicas }: EnsureOptions): StatefulSet {
  const { namespace, names } = context;
  const wanted = statefulSet(context, updateStrategy(context, cache));
  const live: Cached<StatefulSet> | undefined = managedObjects(cache, StatefulSet).get({
    namespace,
    name: names.cluster,
  });
  const claims = live?.spec?.volumeClaimTemplates ?? [];
  if (wanted.spec === undefined) return wanted;
  return {
    ...wanted,
    spec: {
      ...wanted.spec,
      replicas,
      // A larger size is asked for claim by claim.
      volumeClaimTemplates: (wanted.spec.volumeClaimTemplates ?? []).map((template) =>
        withTemplateOf(template, claims),
      ),
    },
  };
}

/**
 * Asked for by the user, a server's image is rolled out. What else changes of the pods comes from the operator, which is
 * no reason to restart every database at once: it is theirs when they are made anew, unless the operator is set to roll it out.
 */
function updateStrategy(context: ClusterContext, cache: Cache): PodUpdateStrategy {
  const wanted = serverImage(context);
  const runsOther = clusterPods(cache, context).some(({ spec }) =>
    spec?.containers.some(({ name, image }) => name === serverContainerName && image !== wanted),
  );
  return runsOther ? 'RollingUpdate' : context.options.podUpdateStrategy;
}

type Template = NonNullable<NonNullable<StatefulSet['spec']>['volumeClaimTemplates']>[number];

function withTemplateOf(wanted: Template, live: readonly DeepReadonly<Template>[]): Template {
  const present = live.find(({ metadata }) => metadata.name === wanted.metadata.name);
  if (present?.spec === undefined || wanted.spec === undefined) return wanted;
  const { resources, storageClassName } = present.spec;
  return {
    ...wanted,
    metadata: {
      ...wanted.metadata,
      annotations: { ...present.metadata.annotations },
      labels: { ...present.metadata.labels },
    },
    spec: {
      accessModes: ['ReadWriteOnce'],
      ...(resources === undefined ? {} : { resources: { requests: { ...resources.requests } } }),
      ...(storageClassName === undefined ? {} : { storageClassName }),
    },
  };
}
