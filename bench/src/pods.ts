import { Namespace, Pod, ServiceAccount } from '@kubewright/apimachinery';
import type { Client } from '@kubewright/client';

const namespaces = 20;
const concurrency = 32;

/** A pod as a Deployment makes it, of about 5 KB, with the status a kubelet writes. */
function podOf(i: number): Pod {
  const app = `app-${i % 200}`;
  const variables = Array.from({ length: 20 }, (_, n) => ({
    name: `SETTING_${n}`,
    value: `value-${n}-of-${app}`,
  }));
  return {
    metadata: {
      name: `${app}-6d5f8c9b7-${i.toString(36).padStart(5, '0')}`,
      namespace: `bench-${i % namespaces}`,
      labels: { app, 'pod-template-hash': '6d5f8c9b7', 'app.kubernetes.io/part-of': 'bench' },
      annotations: { 'prometheus.io/scrape': 'true', 'prometheus.io/port': '9090' },
    },
    spec: {
      containers: [
        {
          name: 'app',
          image: `registry.example.com/${app}:1.${i % 7}`,
          env: variables,
          ports: [{ name: 'http', containerPort: 8080 }],
          resources: { requests: { cpu: '100m', memory: '128Mi' }, limits: { memory: '256Mi' } },
          readinessProbe: { httpGet: { path: '/health', port: 'http' }, periodSeconds: 5 },
        },
      ],
      automountServiceAccountToken: false,
    },
  };
}

/** Makes so many pods; those that are there already are kept. */
export async function fill(
  client: Client,
  size: number,
  tell: (made: number) => void,
): Promise<void> {
  for (let i = 0; i < namespaces; i++) {
    const namespace = `bench-${i}`;
    await client.apply(Namespace, { metadata: { name: namespace } });
    // A server without controllers makes none, and admits no pod without one.
    await client.apply(ServiceAccount, { metadata: { name: 'default', namespace } });
  }
  const existing = await client.list(Pod);
  let next = existing.items.length;
  async function work(): Promise<void> {
    for (let i = next++; i < size; i = next++) {
      await client.create(Pod, podOf(i));
      if (i % 1000 === 0) tell(i);
    }
  }
  await Promise.all(Array.from({ length: concurrency }, work));
}
