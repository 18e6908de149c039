import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  CronJob,
  Job,
  PersistentVolumeClaim,
  Service,
  StatefulSet,
  type Resource,
} from '@kubewright/apimachinery';
import { DatabaseCluster } from '../src/api/database-cluster.ts';
import { watchedNamespaceRules } from '../src/permissions.ts';
import { OperatorWorld, until, type SentRequest } from './operator-world.ts';

/** What is asked for although the operator itself sends no such request, and why. */
const unseen: readonly string[] = [
  // An apply creates what is not there.
  ...['configmaps', 'cronjobs', 'jobs', 'rolebindings', 'roles', 'secrets'].map(created),
  ...['serviceaccounts', 'services', 'statefulsets'].map(created),
  // An owner reference that holds the deletion of the owner up.
  'update databaseclusters/finalizers',
  // What the agents may do, and nobody can grant what he may not do himself.
  'get pods',
  'patch pods',
  'update leases',
  // Events that repeat.
  'patch events',
];

function created(resource: string): string {
  return `create ${resource}`;
}

/** A request as a permission: `patch databaseclusters/status`. */
function permissionOf({ method, path }: SentRequest): string {
  const [where = '', query = ''] = path.split('?');
  const [, rest = ''] = /\/namespaces\/[^/]+\/(.*)$/.exec(where) ?? [];
  const [resource = '', name, subresource] = rest.split('/');
  const of = subresource === undefined ? resource : `${resource}/${subresource}`;
  return `${verbOf(method, name !== undefined, query)} ${of}`;
}

function verbOf(method: string, hasName: boolean, query: string): string {
  switch (method) {
    case 'GET':
      if (hasName) return 'get';
      return /(^|&)watch=(true|1)/.test(query) ? 'watch' : 'list';
    case 'POST':
      return 'create';
    case 'PUT':
      return 'update';
    default:
      return method.toLowerCase();
  }
}

test(
  'the operator uses each permission that it asks for, and no other',
  { timeout: 900_000 },
  async (context) => {
    await using shared = await OperatorWorld.start();
    if (!shared.environment.capabilities.controllers) {
      context.skip('this server has no controllers: set KUBECONFIG to a cluster that has');
      return;
    }
    const world = await shared.inNewNamespace();
    const { namespace, client } = world;
    await using operator = world.run(await world.operatorClient());
    const isThere = (resource: Resource, name: string) => async (): Promise<boolean> =>
      (await world.find(resource, name)) !== undefined;

    await world.create('db', {
      replicas: 2,
      network: { externalAccess: true },
      security: { tlsEnabled: true, authentication: { type: 'cert' } },
      backup: { schedule: '@daily', reclaimPolicy: 'Delete' },
      reclaimPolicy: 'Retain',
    });
    await world.playReady('db', ['db-0', 'db-1']);
    await until(isThere(CronJob, 'db-backups'));
    await until(isThere(Service, 'db-external'));
    await world.create('copy', { restore: { cluster: 'db' } });
    await world.playReady('copy');
    await until(isThere(Job, 'copy-restore'));
    await world.change('db', { spec: { network: { externalAccess: false }, backup: null } });
    await until(async () => !(await isThere(CronJob, 'db-backups')()));
    await until(async () => !(await isThere(Service, 'db-external')()));
    for (const name of ['db', 'copy']) {
      await client.delete(DatabaseCluster.resource, { namespace, name });
      await until(async () => (await world.find(DatabaseCluster.resource, name)) === undefined);
    }
    // Made without a cluster any more: the next one adopts it.
    await until(async () => (await world.find(StatefulSet, 'db')) === undefined);
    assert.ok((await world.find(PersistentVolumeClaim, 'data-db-0')) !== undefined);

    const used = new Set(operator.requests.map(permissionOf));
    const permitted = new Set(
      watchedNamespaceRules().flatMap(({ resources = [], verbs }) =>
        resources.flatMap((resource) => verbs.map((verb) => `${verb} ${resource}`)),
      ),
    );
    assert.deepEqual([...used].filter((each) => !permitted.has(each)).sort(), []);
    assert.deepEqual([...permitted].filter((each) => !used.has(each)).sort(), [...unseen].sort());
  },
);
