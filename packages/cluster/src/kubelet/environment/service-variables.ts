import type { Service } from '@kubewright/apimachinery';

/**
 * The variables that tell a container of the Services of its namespace, in the form of Docker links
 * (Kubernetes: "Environment variables" under Service discovery). Services without an address are left out.
 */
export function serviceVariables(services: readonly Service[]): Map<string, string> {
  const variables = new Map<string, string>();
  for (const service of services) {
    const ip = service.spec?.clusterIP;
    const ports = service.spec?.ports ?? [];
    const first = ports[0];
    if (ip === undefined || ip === '' || ip === 'None' || first === undefined) continue;
    const prefix = (service.metadata.name ?? '').toUpperCase().replaceAll('-', '_');
    variables.set(`${prefix}_SERVICE_HOST`, ip);
    variables.set(`${prefix}_SERVICE_PORT`, String(first.port));
    for (const port of ports) {
      if (port.name === undefined || port.name === '') continue;
      const name = port.name.toUpperCase().replaceAll('-', '_');
      variables.set(`${prefix}_SERVICE_PORT_${name}`, String(port.port));
    }
    for (const [index, port] of ports.entries()) {
      const protocol = port.protocol ?? 'TCP';
      const number = String(port.port);
      const url = `${protocol.toLowerCase()}://${ip}:${number}`;
      const portPrefix = `${prefix}_PORT_${number}_${protocol.toUpperCase()}`;
      if (index === 0) variables.set(`${prefix}_PORT`, url);
      variables.set(portPrefix, url);
      variables.set(`${portPrefix}_PROTO`, protocol.toLowerCase());
      variables.set(`${portPrefix}_PORT`, number);
      variables.set(`${portPrefix}_ADDR`, ip);
    }
  }
  return variables;
}
