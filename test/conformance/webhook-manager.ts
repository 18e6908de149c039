import type { Client } from '@kubewright/client';
import { Manager, SelfManagedCertificates } from '@kubewright/runtime';

/** A manager that serves webhooks on this machine, on any free port, with certificates of its own in a Secret. */
export function webhookManager(client: Client, namespace: string, secret: string): Manager {
  return new Manager({
    client,
    metrics: { port: false },
    health: { port: false },
    webhooks: {
      port: 0,
      host: '127.0.0.1',
      certificates: new SelfManagedCertificates({
        secret: { namespace, name: secret },
        hosts: ['127.0.0.1'],
      }),
    },
  });
}
