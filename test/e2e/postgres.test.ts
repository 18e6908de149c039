import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import {
  ConfigMap,
  PersistentVolume,
  PersistentVolumeClaim,
  Pod,
  Secret,
  Service,
  StatefulSet,
  type Stored,
} from '@kubewright/apimachinery';
import type { Client } from '@kubewright/client';
import { EmbeddedCluster } from '@kubewright/cluster';
import { imageUser, postgresImage, postgresPrograms } from './postgres-image.ts';
import { untilGone, untilObject } from './until-object.ts';

const namespace = 'default';
const password = 'correct horse';
/** Longest wait, in milliseconds; it bounds a failure only. */
const limitMs = 120_000;
const programs = postgresPrograms();
const skip =
  programs === undefined &&
  'NOT RUN: there is no PostgreSQL server in /usr/lib/postgresql; install it (Debian: apt-get install postgresql)';

describe('PostgreSQL as a StatefulSet', { skip }, () => {
  let cluster: EmbeddedCluster;
  let client: Client;

  before(async () => {
    if (programs === undefined) return;
    cluster = await EmbeddedCluster.start({ images: { 'postgres:15': postgresImage(programs) } });
    ({ client } = cluster);
    await install(client);
  });
  after(async () => {
    if (programs !== undefined) await cluster.stop();
  });

  /** What a client of the database gets through its Service. */
  async function query(sql: string): Promise<string> {
    const { spec } = await client.get(Service, { namespace, name: 'db' });
    const url = `postgres://postgres@${spec?.clusterIP ?? ''}:5432/postgres`;
    const { stdout } = await promisify(execFile)(
      join(programs ?? '', 'psql'),
      ['-X', '-q', '-t', '-A', '-v', 'ON_ERROR_STOP=1', '-c', sql, url],
      { env: { PGPASSWORD: password, PGCONNECT_TIMEOUT: '60' } },
    );
    return stdout.trim();
  }
  /** A Service leads to a pod a moment after that is ready, and nothing tells when. */
  async function untilServed(): Promise<void> {
    const signal = AbortSignal.timeout(limitMs);
    for (;;) {
      const problem = await query('SELECT').then(() => undefined, String);
      if (problem === undefined) return;
      if (signal.aborted) throw new Error(`the Service does not lead to a server: ${problem}`);
      await pause(50);
    }
  }
  /** Until there is a pod that is ready, and the Service leads to it. */
  async function untilReady(
    isOther: (pod: Stored<Pod>) => boolean = () => true,
  ): Promise<Stored<Pod>> {
    const ready = await untilPodReady(isOther);
    await untilServed();
    return ready;
  }
  const untilPodReady = (isOther: (pod: Stored<Pod>) => boolean): Promise<Stored<Pod>> =>
    untilObject(
      client,
      Pod,
      { namespace, name: 'db-0' },
      (pod) => isOther(pod) && pod.status?.containerStatuses?.[0]?.ready === true,
    );

  test('serves clients through its Service, set up from a ConfigMap and a Secret', async () => {
    const { status } = await untilReady();
    assert.equal(await query('SELECT word FROM greetings'), 'hello');
    const uid = status?.containerStatuses?.[0]?.user?.linux?.uid;
    assert.notEqual(uid, 0, 'the server refuses to run as root, so it cannot have been');
  });

  test('finds its rows again after the pod was deleted, and had stopped in good order', async () => {
    const before = await untilReady();
    await query("INSERT INTO greetings VALUES ('still here')");
    await client.delete(Pod, { namespace, name: 'db-0' });
    const heir = await untilReady(({ metadata }) => metadata.uid !== before.metadata.uid);
    assert.equal(await query('SELECT word FROM greetings ORDER BY word'), 'hello\nstill here');
    const log = await client.logText({ namespace, name: heir.metadata.name });
    assert.match(log, /database system was shut down at/);
    assert.doesNotMatch(log, /database system was interrupted/);
  });

  test('finds its rows again when it was scaled to nothing and back', async () => {
    await untilReady();
    await query("INSERT INTO greetings VALUES ('and here')");
    await client.setScale(StatefulSet, { namespace, name: 'db' }, 0);
    await untilObject(
      client,
      StatefulSet,
      { namespace, name: 'db' },
      ({ status }) => status?.replicas === 0,
    );
    await client.setScale(StatefulSet, { namespace, name: 'db' }, 1);
    await untilReady();
    assert.match(await query('SELECT word FROM greetings'), /and here/);
  });

  test('loses its data with its claim', async () => {
    const claim = await client.get(PersistentVolumeClaim, { namespace, name: 'data-db-0' });
    await client.setScale(StatefulSet, { namespace, name: 'db' }, 0);
    await client.delete(PersistentVolumeClaim, { namespace, name: 'data-db-0' });
    await untilGone(client, PersistentVolume, { name: claim.spec?.volumeName ?? '' });
    await client.setScale(StatefulSet, { namespace, name: 'db' }, 1);
    await untilReady();
    assert.equal(await query('SELECT word FROM greetings'), 'hello');
  });
});

async function install(client: Client): Promise<void> {
  const labels = { app: 'db' };
  await client.create(Secret, {
    metadata: { name: 'db', namespace },
    stringData: { password },
  });
  await client.create(ConfigMap, {
    metadata: { name: 'db', namespace },
    data: {
      'init.sql': "CREATE TABLE greetings (word text);\nINSERT INTO greetings VALUES ('hello');\n",
    },
  });
  await client.create(Service, {
    metadata: { name: 'db', namespace },
    spec: { selector: labels, ports: [{ port: 5432, targetPort: 'postgres' }] },
  });
  await client.create(StatefulSet, {
    metadata: { name: 'db', namespace },
    spec: {
      serviceName: 'db',
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: {
          securityContext: { runAsUser: imageUser, runAsNonRoot: true, fsGroup: imageUser },
          containers: [
            {
              name: 'postgres',
              image: 'postgres:15',
              args: ['-c', 'fsync=off'],
              env: [
                { name: 'PGDATA', value: '/var/lib/postgresql/data/pgdata' },
                {
                  name: 'POSTGRES_PASSWORD',
                  valueFrom: { secretKeyRef: { name: 'db', key: 'password' } },
                },
              ],
              ports: [{ name: 'postgres', containerPort: 5432 }],
              readinessProbe: {
                exec: { command: ['pg_isready', '-q'] },
                periodSeconds: 1,
                timeoutSeconds: 30,
              },
              volumeMounts: [
                { name: 'data', mountPath: '/var/lib/postgresql/data' },
                { name: 'init', mountPath: '/docker-entrypoint-initdb.d' },
              ],
            },
          ],
          volumes: [{ name: 'init', configMap: { name: 'db' } }],
        },
      },
      volumeClaimTemplates: [
        {
          metadata: { name: 'data' },
          spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
        },
      ],
    },
  });
}
