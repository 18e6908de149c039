import { after } from 'node:test';
import {
  ConfigMap,
  CronJob,
  CustomResourceDefinition,
  EventsV1Event,
  findCondition,
  isConditionTrue,
  Job,
  Lease,
  PersistentVolumeClaim,
  Pod,
  Role,
  RoleBinding,
  Secret,
  Service,
  ServiceAccount,
  StatefulSet,
  type KubernetesObject,
  type Resource,
  type Stored,
} from '@kubewright/apimachinery';
import type { Client } from '@kubewright/client';
import { DatabaseCluster, program } from '@kubewright/database-cluster';
import type { OperatorProgram } from '@kubewright/runtime/operator';
import {
  isDeployed,
  makeDatabases,
  namespace,
  playBeside,
  system,
  wantsLess,
  webhookSecret,
} from './database-work.ts';
import { OwnerGuard, ownerRefusal } from './owner-guard.ts';
import { declarePermissionSuite, type Need, type Permission } from './permission-suite.ts';

type Outcome =
  | 'holds the database'
  | 'makes passwords'
  | 'gives pods their programs'
  | 'opens Services'
  | 'closes the outer Service'
  | 'begins the database'
  | 'tells the agents the settings'
  | 'gives the agents an account'
  | 'lets the agents act'
  | 'starts pods'
  | 'sees the pods'
  | 'takes claims over'
  | 'makes room for backups'
  | 'backs up'
  | 'backs up no more'
  | 'restores'
  | 'ends the StatefulSet'
  | 'ends pods that nobody owns'
  | 'removes the claims'
  | 'lets the database go'
  | 'says that it is ready'
  | 'records it'
  | 'has the API server trust its webhook'
  | 'makes its certificates anew';

async function outcomes(client: Client): Promise<Record<Outcome, boolean>> {
  async function all<T extends KubernetesObject>(
    resource: Resource<T>,
  ): Promise<ReadonlyMap<string, Stored<T>>> {
    const { items } = await client.list(resource, { namespace });
    return new Map(items.map((each) => [(each as Stored<KubernetesObject>).metadata.name, each]));
  }
  const [databases, secrets, configMaps, services] = await Promise.all([
    all(DatabaseCluster.resource),
    all(Secret),
    all(ConfigMap),
    all(Service),
  ]);
  const [leases, accounts, roles, bindings, sets, pods] = await Promise.all([
    all(Lease),
    all(ServiceAccount),
    all(Role),
    all(RoleBinding),
    all(StatefulSet),
    all(Pod),
  ]);
  const [claims, cronJobs, jobs, events, definition] = await Promise.all([
    all(PersistentVolumeClaim),
    all(CronJob),
    all(Job),
    all(EventsV1Event),
    client.get(CustomResourceDefinition, { name: 'databaseclusters.example.com' }),
  ]);
  const certificates = await webhookSecret(client);
  const stays = databases.get('stays');
  const heir = databases.get('heir');
  const less = databases.get('less');
  const goes = databases.get('goes');
  const hasLess = less !== undefined && wantsLess(less);
  const isLeaving = goes === undefined || goes.metadata.deletionTimestamp !== undefined;
  const { 'data-heir-0': inherited } = Object.fromEntries(claims);
  return {
    'holds the database': stays?.metadata.finalizers !== undefined,
    'makes passwords': secrets.has('stays-credentials'),
    'gives pods their programs': configMaps.has('stays-scripts'),
    'opens Services': services.has('stays'),
    'closes the outer Service': hasLess && !services.has('less-external'),
    'begins the database': leases.has('stays-primary'),
    'tells the agents the settings':
      leases.get('stays-primary')?.metadata.annotations?.['example.com/applied'] !== undefined,
    'gives the agents an account': accounts.has('stays'),
    'lets the agents act': roles.has('stays') && bindings.has('stays'),
    'starts pods': sets.has('stays'),
    'sees the pods': stays?.status?.readyReplicas === 1,
    'takes claims over':
      inherited?.metadata.annotations?.['example.com/cluster-uid'] === heir?.metadata.uid,
    'makes room for backups': claims.has('stays-backups'),
    'backs up': cronJobs.has('stays-backups'),
    'backs up no more': hasLess && !cronJobs.has('less-backups'),
    restores: jobs.has('copy-restore'),
    'ends the StatefulSet': isLeaving && !sets.has('goes'),
    'ends pods that nobody owns': isLeaving && !pods.has('goes-9'),
    'removes the claims': isLeaving && !claims.has('data-goes-0'),
    'lets the database go': goes === undefined,
    'says that it is ready': isConditionTrue(stays?.status?.conditions, 'Ready'),
    'records it': [...events.values()].some(({ reason }) => reason === 'DatabaseReady'),
    'has the API server trust its webhook':
      definition.spec.conversion?.webhook?.clientConfig?.caBundle !== undefined,
    'makes its certificates anew': certificates?.data !== undefined && !isDeployed(certificates),
  };
}

/** What the conditions of the databases say that keeps the operator from its work. */
async function told(client: Client): Promise<string[]> {
  const { items } = await client.list(DatabaseCluster.resource, { namespace });
  return items.flatMap(({ status }) => {
    const { reason, message = '' } = findCondition(status?.conditions, 'Reconciled') ?? {};
    return reason === 'MissingPermission' ? [message] : [];
  });
}

/** Permissions on what the operator makes or looks at. Without a watch it lists again and again. */
function needs(resource: string, verbs: string, fails: Outcome): Need<Outcome>[] {
  return verbs.split(' ').map((verb) => {
    const need = { role: 'watch', resource, verb, isTold: true } as const;
    return verb === 'watch' ? need : { ...need, fails };
  });
}

/** What the agents may do: nobody can grant what he may not do himself. */
function granted(resource: string, verbs: string): Need<Outcome>[] {
  const refusal = 'is attempting to grant RBAC permissions not currently held';
  return needs(resource, verbs, 'lets the agents act').map((need) => ({ ...need, refusal }));
}

/** A permission on the certificates of the webhook, and on what has to know them. */
function trusted(verb: string, fails?: Outcome): Need<Outcome>[] {
  const never = fails === undefined ? {} : { fails };
  return [
    { role: 'leader', resource: 'secrets', verb, ...never },
    { role: 'cluster', resource: 'customresourcedefinitions', verb, ...never },
  ];
}

/** A permission that the operator has in all namespaces. */
function inCluster(resource: string, verb: string): Permission {
  return { role: 'cluster', resource, verb };
}

const guard = await OwnerGuard.start();
after(() => guard[Symbol.asyncDispose]());

declarePermissionSuite<Outcome>({
  operator: {
    // Safe: whoever runs a program gives it the options that it defines.
    program: program as unknown as OperatorProgram,
    system,
    namespace,
    makeWork: async (client) => {
      await guard.guard(client);
      await makeDatabases(client);
    },
    workBeside: playBeside,
    outcomes,
    told,
  },
  needs: [
    // Nobody knows of an object that could be told.
    { role: 'watch', resource: 'databaseclusters', verb: 'list', fails: 'holds the database' },
    ...needs('databaseclusters', 'patch', 'holds the database').map((need) => ({
      ...need,
      also: [inCluster('databaseclusters', 'patch')],
    })),
    ...needs('databaseclusters', 'watch', 'holds the database'),
    // Either suffices; the one in the cluster is there still when a namespace goes that the other one is in.
    {
      ...inCluster('databaseclusters', 'patch'),
      also: [{ role: 'watch', resource: 'databaseclusters', verb: 'patch' }],
      fails: 'holds the database',
    },
    // Looked at when a database cannot be deleted: its namespace may be going.
    {
      ...inCluster('namespaces', 'get'),
      also: [{ role: 'watch', resource: 'statefulsets', verb: 'delete' }],
      fails: 'lets the database go',
    },
    ...needs('databaseclusters/status', 'patch', 'says that it is ready'),
    ...needs('databaseclusters/finalizers', 'update', 'makes passwords').map((need) => ({
      ...need,
      refusal: ownerRefusal,
    })),
    ...needs('secrets', 'create get patch', 'makes passwords'),
    ...needs('configmaps', 'create get list patch watch', 'gives pods their programs'),
    ...needs('services', 'create get list patch watch', 'opens Services'),
    ...needs('services', 'delete', 'closes the outer Service'),
    ...needs('leases', 'create get list watch', 'begins the database'),
    ...needs('leases', 'patch', 'tells the agents the settings'),
    ...granted('leases', 'update'),
    ...needs('serviceaccounts', 'create get list patch watch', 'gives the agents an account'),
    ...needs('roles', 'create get list patch watch', 'lets the agents act'),
    ...needs('rolebindings', 'create get list patch watch', 'lets the agents act'),
    ...granted('pods', 'get patch'),
    ...needs('statefulsets', 'create get list patch watch', 'starts pods'),
    ...needs('statefulsets', 'delete', 'ends the StatefulSet'),
    ...needs('pods', 'list watch', 'sees the pods'),
    ...needs('pods', 'delete', 'ends pods that nobody owns'),
    ...needs('persistentvolumeclaims', 'get list watch', 'begins the database'),
    ...needs('persistentvolumeclaims', 'patch', 'takes claims over'),
    ...needs('persistentvolumeclaims', 'create', 'makes room for backups'),
    ...needs('persistentvolumeclaims', 'delete', 'removes the claims'),
    ...needs('cronjobs', 'create get list patch watch', 'backs up'),
    ...needs('cronjobs', 'delete', 'backs up no more'),
    ...needs('jobs', 'create get list patch watch', 'restores'),
    { role: 'watch', resource: 'events', verb: 'create', fails: 'records it' },
    { role: 'watch', resource: 'events', verb: 'patch', fails: 'counts repeated Events' },
    // Changes that nobody sees are found by the next look at the age of the certificates.
    ...['get', 'patch'].flatMap((verb) => trusted(verb, 'has the API server trust its webhook')),
    ...['list', 'watch'].flatMap((verb) => trusted(verb)),
    {
      role: 'leader',
      resource: 'secrets',
      verb: 'create',
      fails: 'makes its certificates anew',
    },
  ],
  job: [
    'holds the database',
    'makes passwords',
    'gives pods their programs',
    'opens Services',
    'closes the outer Service',
    'begins the database',
    'tells the agents the settings',
    'gives the agents an account',
    'lets the agents act',
    'starts pods',
    'sees the pods',
    'takes claims over',
    'makes room for backups',
    'backs up',
    'backs up no more',
    'restores',
    'ends the StatefulSet',
    'ends pods that nobody owns',
    'removes the claims',
    'lets the database go',
    'says that it is ready',
    'records it',
    'has the API server trust its webhook',
    'makes its certificates anew',
  ],
  refused: [
    { role: 'watch', resource: 'pods', verb: 'list' },
    { role: 'watch', resource: 'databaseclusters', verb: 'watch' },
  ],
});
