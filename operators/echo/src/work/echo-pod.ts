import type { PodTemplateSpec } from '@kubewright/apimachinery';

const image = 'busybox';

/** Labels of everything that is made for an echo. */
export function echoLabels(name: string): Record<string, string> {
  return {
    'app.kubernetes.io/name': 'echo',
    'app.kubernetes.io/instance': name,
    'app.kubernetes.io/managed-by': 'echoperator',
  };
}

/** The command that says a message. */
export function echoCommand(message: string): string[] {
  return ['echo', message];
}

/** A pod that says a message and is done. It needs nothing, and may do nothing: no token, no privileges, no root. */
export function echoPod(name: string, message: string): PodTemplateSpec {
  return {
    metadata: { labels: echoLabels(name) },
    spec: {
      restartPolicy: 'Never',
      automountServiceAccountToken: false,
      securityContext: {
        runAsNonRoot: true,
        runAsUser: 65532,
        runAsGroup: 65532,
        seccompProfile: { type: 'RuntimeDefault' },
      },
      containers: [
        {
          name,
          image,
          // The image has no tag, for which the default would be to ask the registry each time.
          imagePullPolicy: 'IfNotPresent',
          command: echoCommand(message),
          // Named, so that namespaces with quotas of them take it too. Plenty for a program that writes one line.
          resources: {
            requests: { cpu: '10m', memory: '16Mi' },
            limits: { cpu: '100m', memory: '64Mi' },
          },
          securityContext: {
            allowPrivilegeEscalation: false,
            readOnlyRootFilesystem: true,
            capabilities: { drop: ['ALL'] },
          },
        },
      ],
    },
  };
}
