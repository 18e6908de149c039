import { type Service } from '@kubewright/apimachinery';
import { clusterLabel, roleLabel, roles } from '../api/labels.ts';
import { serverPort } from '../api/settings.ts';
import { ownedMetadata, type ClusterContext } from './cluster-context.ts';
import { metricsPort } from './pod-paths.ts';

/** The Services of a cluster: of the primary, of the standbys, one that names the pods, and perhaps one for the outside. */
export function services(context: ClusterContext): Service[] {
  const { names, settings } = context;
  const port = { name: 'postgres', port: settings.port, targetPort: 'postgres', protocol: 'TCP' };
  const ofRole = (name: string, role: string, type: 'ClusterIP' | 'LoadBalancer'): Service =>
    service(context, name, {
      type,
      selector: { [clusterLabel]: context.name, [roleLabel]: role },
      ports: [port],
    });
  return [
    ofRole(names.cluster, roles.primary, 'ClusterIP'),
    ofRole(names.readOnly, roles.replica, 'ClusterIP'),
    service(context, names.pods, {
      clusterIP: 'None',
      // Servers must find each other before they are ready.
      publishNotReadyAddresses: true,
      selector: { [clusterLabel]: context.name },
      ports: [
        { name: 'postgres', port: serverPort, targetPort: 'postgres', protocol: 'TCP' },
        { name: 'metrics', port: metricsPort, targetPort: 'metrics', protocol: 'TCP' },
      ],
    }),
    ...(settings.externalAccess ? [ofRole(names.external, roles.primary, 'LoadBalancer')] : []),
  ];
}

function service(
  context: ClusterContext,
  name: string,
  spec: NonNullable<Service['spec']>,
): Service {
  return { apiVersion: 'v1', kind: 'Service', metadata: ownedMetadata(context, name), spec };
}
