import type { PodTemplateSpec } from '@kubewright/apimachinery';
import type { ClusterContext } from './cluster-context.ts';
import { scriptsPath, secretsPath } from './pod-paths.ts';

/** A pod that works on a database from outside, with a claim of backups. */
export interface ClientPodOptions {
  /** The program, by its name among the scripts. */
  readonly script: string;
  readonly claim: string;
  readonly env: Readonly<Record<string, string>>;
  /** Address of the Service of the primary: names are not resolved on every cluster. */
  readonly serviceAddress: string;
}

/** The template of such a pod: it gets the users' credentials, and no access to the cluster. */
export function clientPod(context: ClusterContext, options: ClientPodOptions): PodTemplateSpec {
  const { labels, names, namespace, settings, options: images } = context;
  const { script, claim, env, serviceAddress } = options;
  const variables = {
    PGHOST: `${names.cluster}.${namespace}.svc`,
    PGHOSTADDR: serviceAddress,
    PGPORT: String(settings.port),
    PGUSER: settings.username,
    PGDATABASE: settings.username,
    PGSSLMODE: settings.tls ? 'verify-full' : 'prefer',
    PGCONNECT_TIMEOUT: '10',
    ...env,
  };
  return {
    metadata: {
      labels: {
        'app.kubernetes.io/name': 'postgresql-client',
        'app.kubernetes.io/managed-by': labels['app.kubernetes.io/managed-by'] ?? '',
        'app.kubernetes.io/instance': context.name,
      },
    },
    spec: {
      restartPolicy: 'Never',
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      securityContext: {
        runAsNonRoot: true,
        runAsUser: images.userId,
        runAsGroup: images.userId,
        fsGroup: images.userId,
        seccompProfile: { type: 'RuntimeDefault' },
      },
      containers: [
        {
          name: script.replace('.sh', ''),
          image: `${images.postgresImage}:${settings.version}`,
          imagePullPolicy: images.imagePullPolicy,
          command: ['bash', '-c', `exec bash "\${KUBEWRIGHT_ROOT:-}${scriptsPath}/${script}"`],
          env: Object.entries(variables).map(([name, value]) => ({ name, value })),
          resources: { requests: { cpu: '50m', memory: '64Mi' } },
          // Why it failed is read from the status of the pod.
          terminationMessagePolicy: 'FallbackToLogsOnError',
          securityContext: {
            allowPrivilegeEscalation: false,
            readOnlyRootFilesystem: true,
            capabilities: { drop: ['ALL'] },
          },
          volumeMounts: [
            { name: 'backups', mountPath: '/backups' },
            { name: 'scripts', mountPath: scriptsPath, readOnly: true },
            { name: 'credentials', mountPath: `${secretsPath}/credentials`, readOnly: true },
            { name: 'tls', mountPath: `${secretsPath}/tls`, readOnly: true },
            { name: 'client', mountPath: `${secretsPath}/client`, readOnly: true },
            { name: 'tmp', mountPath: '/tmp' },
          ],
        },
      ],
      volumes: [
        { name: 'backups', persistentVolumeClaim: { claimName: claim } },
        { name: 'scripts', configMap: { name: names.scripts, defaultMode: 0o444 } },
        { name: 'credentials', secret: { secretName: names.credentials, defaultMode: 0o440 } },
        {
          name: 'tls',
          secret: {
            secretName: names.tls,
            defaultMode: 0o440,
            optional: true,
            // The key of the server is none of a client's business.
            items: [{ key: 'ca.crt', path: 'ca.crt' }],
          },
        },
        // There only where users prove themselves by a certificate.
        {
          name: 'client',
          secret: { secretName: names.client, defaultMode: 0o440, optional: true },
        },
        { name: 'tmp', emptyDir: {} },
      ],
    },
  };
}
