import type { Pod } from '@kubewright/apimachinery';

/** Kernel parameters that a kubelet lets any pod set: they reach no further than the pod. */
const SAFE: ReadonlySet<string> = new Set([
  'kernel.shm_rmid_forced',
  'net.ipv4.ip_local_port_range',
  'net.ipv4.ip_local_reserved_ports',
  'net.ipv4.ip_unprivileged_port_start',
  'net.ipv4.ping_group_range',
  'net.ipv4.tcp_fin_timeout',
  'net.ipv4.tcp_keepalive_intvl',
  'net.ipv4.tcp_keepalive_probes',
  'net.ipv4.tcp_keepalive_time',
  'net.ipv4.tcp_rmem',
  'net.ipv4.tcp_syncookies',
  'net.ipv4.tcp_wmem',
]);

/** The first kernel parameter of a pod that its node has to allow and does not; undefined when there is none. */
export function forbiddenSysctl({ spec }: Pod): string | undefined {
  // Both ways of writing a name are the same parameter.
  return spec?.securityContext?.sysctls?.find(({ name }) => !SAFE.has(name.replaceAll('/', '.')))
    ?.name;
}
