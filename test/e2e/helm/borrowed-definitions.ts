import type { CustomResourceDefinition } from '@kubewright/apimachinery';

/** Kinds of other projects that charts make objects of when asked to: as much of their definitions as a server needs to take any of them. */
export const borrowedDefinitions: readonly CustomResourceDefinition[] = [
  definition('monitoring.coreos.com', 'ServiceMonitor', 'servicemonitors'),
  definition('cert-manager.io', 'Certificate', 'certificates'),
  definition('cert-manager.io', 'Issuer', 'issuers'),
];

function definition(group: string, kind: string, plural: string): CustomResourceDefinition {
  return {
    metadata: { name: `${plural}.${group}` },
    spec: {
      group,
      scope: 'Namespaced',
      names: { kind, plural },
      versions: [
        {
          name: 'v1',
          served: true,
          storage: true,
          schema: {
            openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
          },
        },
      ],
    },
  };
}
