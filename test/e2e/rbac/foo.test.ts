import { EventsV1Event, Pod } from '@kubewright/apimachinery';
import type { Client } from '@kubewright/client';
import { Foo, program } from '@kubewright/foo';
import { declarePermissionSuite } from './permission-suite.ts';

const namespace = 'default';

async function makeWork(client: Client): Promise<void> {
  const metadata = { name: 'foo-01', namespace };
  await client.create(Foo.resource, Foo.create({ metadata, spec: { name: 'jack' } }));
  await client.create(Pod, {
    metadata: { name: 'jack', namespace },
    spec: { containers: [{ name: 'app', image: 'app' }] },
  });
}

type Outcome = 'is happy' | 'records the change';

async function outcomes(client: Client): Promise<Record<Outcome, boolean>> {
  const [foos, events] = await Promise.all([
    client.list(Foo.resource, { namespace }),
    client.list(EventsV1Event, { namespace }),
  ]);
  return {
    'is happy': foos.items.every(({ status }) => status?.happy === true),
    'records the change': events.items.some(({ reason }) => reason === 'FriendFound'),
  };
}

declarePermissionSuite<Outcome>({
  operator: { program, system: 'foo-system', namespace, makeWork, outcomes },
  needs: [
    { role: 'watch', resource: 'foos', verb: 'list', fails: 'is happy' },
    { role: 'watch', resource: 'foos', verb: 'watch' },
    { role: 'watch', resource: 'foos/status', verb: 'patch', fails: 'is happy' },
    { role: 'watch', resource: 'pods', verb: 'list', fails: 'is happy' },
    { role: 'watch', resource: 'pods', verb: 'watch' },
    { role: 'watch', resource: 'events', verb: 'create', fails: 'records the change' },
    { role: 'watch', resource: 'events', verb: 'patch', fails: 'counts repeated Events' },
  ],
  job: ['is happy', 'records the change'],
  refused: [
    { role: 'watch', resource: 'pods', verb: 'list' },
    { role: 'watch', resource: 'foos', verb: 'watch' },
  ],
});
