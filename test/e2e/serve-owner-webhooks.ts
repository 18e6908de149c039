import { Client } from '@kubewright/client';
import { Manager, SelfManagedCertificates } from '@kubewright/runtime';
import { ownerWebhooks, port, service } from './owner-webhooks.ts';

// The program of a container: an operator with webhooks and nothing else.
const stop = new AbortController();
process.once('SIGTERM', () => {
  stop.abort(new Error('SIGTERM'));
});
await using client = await Client.fromKubeConfig();
const manager = new Manager({
  client,
  metrics: { port: false },
  health: { port: false },
  webhooks: {
    port,
    host: process.env['HOST'],
    certificates: new SelfManagedCertificates({
      secret: { namespace: service.namespace, name: 'owners-webhook' },
      service,
    }),
  },
});
manager.webhooks.admit(ownerWebhooks);
await manager.run({ signal: stop.signal });
